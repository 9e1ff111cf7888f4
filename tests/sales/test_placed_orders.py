"""Orders that another system made: submitted at once, all or none, in as many statements as one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Unpack

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import DomainError, MissingField
from crm.actors import System
from sales.models import Invoice, Order, SalesEvent
from sales.models.documents import DocumentLine
from sales.services.documents.draft_fields import NewLineFields, PlacedFields
from sales.services.errors import NumberTaken
from sales.services.events import Cause
from sales.services.integrity.verification import verify
from sales.services.placed_orders import PlacedOrder, place_orders
from tests.factories import Market

SUPPLY = System("Supply", "supply")


def placed(market: Market, number: str, **line: Unpack[NewLineFields]) -> PlacedOrder:
    """An order of three at 20.00 less 10.00, with freight of 4.00."""
    fields: NewLineFields = {
        "product": market.product(),
        "quantity": Decimal(3),
        "unit_price": Decimal(20),
        "price_source": DocumentLine.PriceSource.EXTERNAL,
        "discount_amount": Decimal(10),
    }
    head: PlacedFields = {"company": market.company, "origin": "supply", "freight": Decimal(4)}
    cause = Cause(f"msg-{number}", "all")
    return PlacedOrder(number, market.account, "Bar refit", head, [{**fields, **line}], cause)


def test_is_submitted_at_once_under_its_number(market: Market) -> None:
    [order] = place_orders([placed(market, "SO-1")], actor=SUPPLY)

    order.refresh_from_db()
    assert (order.number, order.status, order.version, order.origin, order.total) == (
        *("SO-1", "submitted", 1, "supply"),
        Decimal("64.00"),
    )
    assert (order.owner, order.team) == (market.account.owner, market.account.owner.team)
    event = SalesEvent.objects.get()
    assert (event.type, event.subject_version, event.causation_id, event.correlation_id) == (
        *("order.submitted", 1),
        *("msg-SO-1", "all"),
    )
    assert not any(verify().values())


def test_many_take_as_many_statements_as_one(market: Market) -> None:
    counts = []
    for size in (1, 20):
        wanted = [placed(market, f"SO-{size}-{number}") for number in range(size)]
        with CaptureQueriesContext(connection) as captured:
            place_orders(wanted, actor=SUPPLY)
        counts.append(len(captured))

    assert counts[0] == counts[1]
    assert Order.objects.filter(status="submitted").count() == 21
    assert not any(verify().values())


@pytest.mark.parametrize(
    ("second", "refusal"),
    [
        ({"number": "SO-1"}, NumberTaken),
        ({"number": "SO-2", "product": None, "description": "Crate"}, MissingField),
        ({"number": "O-2026-00001"}, NumberTaken),
    ],
)
def test_none_is_made_if_one_is_refused(
    market: Market, second: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        place_orders([placed(market, "SO-1"), placed(market, **second)], actor=SUPPLY)

    assert not Order.objects.exists()
    assert not SalesEvent.objects.exists()


def test_bills_by_the_payment_terms(market: Market) -> None:
    market.payment_terms.invoice_when = "placed"
    market.payment_terms.save()

    place_orders([placed(market, "SO-1"), placed(market, "SO-2")], actor=SUPPLY)

    bills = Invoice.objects.order_by("pk").values_list("status", "total", "order__number")
    assert list(bills) == [
        ("issued", Decimal("64.00"), "SO-1"),
        ("issued", Decimal("64.00"), "SO-2"),
    ]
    causes = SalesEvent.objects.filter(type="invoice.issued").values_list("causation_id", flat=True)
    assert set(causes) == {"msg-SO-1", "msg-SO-2"}
