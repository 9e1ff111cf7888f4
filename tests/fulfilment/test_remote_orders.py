"""Orders of a supply-chain system: taken in once, merged field by field, and nothing lost."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, InboundMessage
from fulfilment.services.mappings import map_code
from sales.models import DocumentLine, Order, OrderChange, SalesEvent
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    Kind,
    changed,
    connect_supply,
    mapped_product,
    their_line,
    their_order,
    there,
)


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def take(supply: FarEnd, **fields: object) -> Order:
    """Take in an order of theirs, and return it."""
    order = their_order(**fields)
    assert receive_from(supply, changed(order)) == "applied"
    return Order.objects.get(number=order["number"])


def versions(order: Order) -> int:
    order.refresh_from_db()
    return order.version


def test_an_order_of_theirs_is_taken_in_to_the_cent(supply: FarEnd) -> None:
    order = take(supply)

    line = order.lines.get()
    assert (order.status, order.origin, order.name) == (
        "submitted",
        "supply",
        "Grinders for the quay",
    )
    assert (line.quantity, line.unit_price, line.discount, line.charge, line.net) == (
        Decimal(3),
        Decimal("20.00"),
        Decimal("10.00"),
        Decimal(0),
        Decimal("50.00"),
    )
    assert (line.price_source, line.price_origin, line.tax_rate) == (
        DocumentLine.PriceSource.EXTERNAL,
        "Supply",
        Decimal("0.2"),
    )
    assert (order.freight, order.tax, order.total) == (
        Decimal("4.00"),
        Decimal("10.00"),
        Decimal("64.00"),
    )
    assert (order.customer_reference, str(order.requested_on)) == ("PO-77", "2026-12-01")
    assert not order.invoices.exists()


def test_a_category_line_is_taken_in_with_their_tax_rate(supply: FarEnd, market: Market) -> None:
    order = take(
        supply, lines=[their_line(item=None, category="PARTS", unit=None, tax_rate="0.055")]
    )

    line = order.lines.get()
    assert (line.kind, line.product_category_id, line.tax_rate) == (
        DocumentLine.Kind.WRITE_IN,
        market.category.pk,
        Decimal("0.055"),
    )


def test_the_same_snapshot_again_makes_no_version(supply: FarEnd) -> None:
    order = take(supply)
    before = versions(order), SalesEvent.objects.count()

    receive_from(supply, changed(their_order()))

    assert (versions(order), SalesEvent.objects.count()) == before


def test_what_they_edit_is_one_change_order(supply: FarEnd) -> None:
    order = take(supply)
    before = versions(order)
    edited = their_order(
        their_line(quantity="5", amount="83.34"),
        their_line("LOT-000002", quantity="2", discount="0", charge="0", amount="40.00"),
        customer_reference="PO-78",
        header_charges="6.00",
    )

    assert receive_from(supply, changed(edited)) == "applied"

    assert there(order) == "5=83.34, 2=40.00"
    assert versions(order) == before + 1
    assert (order.customer_reference, order.freight) == ("PO-78", Decimal("6.00"))
    assert OrderChange.objects.get().changed_by_name == "Supply"


@pytest.mark.parametrize("arrival", list(permutations(range(4))))
def test_snapshots_end_the_same_in_whatever_order_they_come(
    supply: FarEnd, arrival: tuple[int, ...]
) -> None:
    second = their_line("LOT-000002", quantity="2", discount="0", charge="0", amount="40.00")
    snapshots = [
        their_order(),
        their_order(their_line(quantity="5", amount="83.34"), second, header_charges="6.00"),
        their_order(their_line(quantity="4", amount="66.67"), customer_reference="PO-79"),
        their_order(their_line(quantity="6", amount="100.01"), second, name="Last name"),
    ]

    for each in (*arrival, *arrival[::-1]):
        receive_from(supply, changed(snapshots[each]))

    order = Order.objects.get()
    assert there(order) in {"6=100.01, 2=40.00", "6=100.01, 0=0.00, 2=40.00"}
    assert (order.name, order.customer_reference, order.freight) == (
        "Last name",
        "PO-77",
        Decimal("4.00"),
    )
    assert not Discrepancy.objects.open().exists()


def test_an_older_snapshot_changes_nothing(supply: FarEnd) -> None:
    older = their_order(their_line(quantity="9", amount="150.01"))
    order = take(supply)
    before = versions(order)

    receive_from(supply, changed(older))

    assert (there(order), versions(order)) == ("3=50.00", before)


@pytest.mark.parametrize("sold", [{}, {"item": None, "category": "PARTS", "unit": None}])
def test_what_has_no_name_there_keeps_its_name_here(supply: FarEnd, sold: dict[str, Any]) -> None:
    unnamed: dict[str, Any] = {"description": None, **sold}
    order = take(supply, lines=[their_line(**unnamed)], name=None)
    called = order.name, order.lines.get().description

    edited = their_order(their_line(quantity="5", amount="83.34", **unnamed), name="")
    assert receive_from(supply, changed(edited)) == "applied"

    order.refresh_from_db()
    line = order.lines.get()
    sold_as = line.product or line.product_category
    assert sold_as is not None
    assert (order.name, line.description, line.quantity) == (*called, 5)
    assert called == ("SO-000123", sold_as.name)


def test_a_line_that_is_gone_there_is_cancelled_here(supply: FarEnd) -> None:
    second = their_line("LOT-000002", discount="0", charge="0", amount="60.00")
    order = take(supply, lines=[their_line(), second])

    receive_from(supply, changed(their_order(second)))

    assert there(order) == "0=0.00, 3=60.00"


def test_a_conflict_ends_when_both_hold_the_same(supply: FarEnd, market: Market) -> None:
    order = take(supply)
    line = order.lines.get()
    fields = {line.pk: {"quantity": Decimal(4)}}
    change_order(order.pk, Changes(lines=fields), actor=market.rep)
    receive_from(supply, changed(their_order(their_line(quantity="5", amount="83.34"))))

    receive_from(supply, changed(their_order(their_line(quantity="4", amount="66.67"))))

    assert not Discrepancy.objects.open().exists()


def test_500_lines_take_as_many_statements_as_five(
    supply: FarEnd, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def many(count: int, number: str) -> dict[str, object]:
        lines = [their_line(f"LOT-{number}-{each}", line_number=each) for each in range(count)]
        return their_order(*lines, id=number, number=number)

    counts = []
    for count, number in ((5, "SO-5"), (500, "SO-500")):
        with django_assert_max_num_queries(200) as counted:
            assert receive_from(supply, changed(many(count, number))) == "applied"
        counts.append(len(counted))

    assert counts[0] == counts[1]
    assert Order.objects.get(number="SO-500").detail == Decimal("25000.00")


def test_an_order_made_here_keeps_its_number_and_takes_their_edits(
    supply: FarEnd, market: Market
) -> None:
    order = submitted_order(market, "3")
    line = order.lines.get()
    assert line.product is not None
    assert line.unit is not None
    map_code(supply.connection, (Kind.PRODUCT, "OURS"), line.product)
    map_code(supply.connection, (Kind.UNIT, "PC"), line.unit)
    snapshot = their_order(
        their_line(
            item="OURS", unit="PC", throughline_id=str(line.pk), description=line.description,
            quantity="2", price="100.00", discount="0", charge="0", amount="200.00",
        ),
        number=order.number, throughline_id=str(order.pk), name=order.name,
        header_charges="0.00", payment_terms="NET30", knows=order.version,
    )  # fmt: skip

    result = receive_from(supply, changed(snapshot))
    assert result in {"applied", "conflict"}, InboundMessage.objects.get().display_detail

    assert Order.objects.count() == 1
