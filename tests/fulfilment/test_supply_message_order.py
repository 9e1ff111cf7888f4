"""Documents of the supply-chain system: in whatever order they come, the end is the same."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.inbound.schemas import OPENING, SCHEMAS
from fulfilment.models import Discrepancy, InboundMessage, Shipment
from sales.models import Order
from sales.services.integrity.verification import verify
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import connect_supply, mapped_product
from tests.fulfilment.supply_trading import LINE, Message, SupplyTrading, part
from tests.fulfilment.test_message_order import EVERY, arrivals

ROUNDS = 6
"""So often are messages tried again that wait for one another."""


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, which ships and bills, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    market.company.billed_by = market.company.shipped_by = "supply"
    market.company.save()
    return far_end


@pytest.fixture
def theirs(tmp_path: Path) -> SupplyTrading:
    """What its clerk works in."""
    return SupplyTrading(tmp_path)


def test_what_a_reformatting_system_sends_is_taken_in_as_any_other(
    supply: FarEnd, market: Market, tmp_path: Path
) -> None:
    theirs = SupplyTrading(tmp_path, reformatted=True)
    there = theirs.enter(LINE, payment_terms="NET30", ship_to={"city": "Köln", "country": "DE"})
    theirs.post(there, "deliver")
    theirs.post(there, "invoice")
    theirs.post(there, "credit", lines=part(there, _0="1"))

    results = [receive_from(supply, message) for message in theirs.messages()]

    waiting = [message.display_detail for message in InboundMessage.objects.waiting()]
    assert set(results) == {"applied"}, waiting
    order = Order.objects.get()
    assert (order.payment_terms, order.currency) == (market.payment_terms, "EUR")
    assert [(bill.currency, bill.total) for bill in order.invoices.order_by("pk")] == [
        ("EUR", order.total),
        ("EUR", Decimal("20.00")),
    ]
    assert not any(verify().values())


def state_of(order: Order) -> dict[str, Any]:
    """What became of an order, whatever came first, without the numbers of its documents."""
    order.refresh_from_db()
    return {
        "statuses": (order.status, order.fulfilment_status, order.billing_status),
        "lines": list(
            order.lines.order_by("position").values_list(
                *("quantity", "shipped_quantity", "returned_quantity", "replaced_quantity"),
                *("invoiced_quantity", "credited_quantity", "closed_quantity"),
                *("closed_unshipped_quantity", "closed_returned_quantity"),
            )
        ),
        "shipments": sorted(
            (each.direction, each.status, each.is_replaced, *_quantities(each))
            for each in Shipment.objects.filter(order=order)
        ),
        "bills": sorted(
            order.invoices.values_list("kind", "status", "bill_again", "total", "credited")
        ),
        "discrepancies": sorted(
            Discrepancy.objects.open()
            .filter(record_id=order.pk)
            .values_list("kind", "ours", "theirs")
        ),
        "need a person": sorted(
            InboundMessage.objects.waiting()
            .filter(root_id=order.pk)
            .values_list("type", "result", "detail")
        ),
    }


def _quantities(shipment: Shipment) -> list[Any]:
    return list(shipment.lines.order_by("order_line__position").values_list("quantity", flat=True))


def goods(theirs: SupplyTrading) -> list[Message]:
    """An order that is raised, delivered in parts, and comes back in part."""
    there = theirs.enter(LINE, LINE | {"quantity": "2"})
    theirs.post(there, "deliver", lines=part(there, _0="3"))
    theirs.edit_line(there, 0, "edit", quantity="4")
    theirs.post(there, "return", lines=part(there, _0="1"), replace=True)
    theirs.post(there, "deliver")
    theirs.post(there, "return", lines=part(there, _1="1"))
    return theirs.messages()


def bills(theirs: SupplyTrading) -> list[Message]:
    """An order that is billed in parts, comes back in part, and is credited."""
    there = theirs.enter(LINE, LINE | {"quantity": "2"}, header_charges="4.90")
    theirs.post(there, "deliver")
    theirs.post(there, "invoice", lines=part(there, _0="2"))
    theirs.post(there, "return", lines=part(there, _0="1"))
    theirs.post(there, "credit")
    theirs.post(there, "invoice")
    return theirs.messages()


def credits_of_bills(theirs: SupplyTrading) -> list[Message]:
    """An order that is credited, to be billed once more and for good."""
    there = theirs.enter(LINE)
    theirs.post(there, "deliver")
    theirs.post(there, "invoice", lines=part(there, _0="3"))
    theirs.post(there, "credit", lines=part(there, _0="2"), bill_again=True)
    theirs.post(there, "invoice", lines=part(there, _0="1"))
    theirs.post(there, "credit", lines=part(there, _0="2"))
    return theirs.messages()


STORIES = [goods, bills, credits_of_bills]


def snapshot_and_documents(messages: list[Message]) -> tuple[Message, list[Message]]:
    """Return the first snapshot, and of the rest the documents and the last snapshot."""
    entered, *rest = messages
    documents = [each for each in rest if each["type"] not in OPENING]
    last = [each for each in rest if each["type"] in OPENING][-1]
    return entered, [*documents, last]


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("story", STORIES)
def test_an_order_ends_the_same(
    supply: FarEnd,
    theirs: SupplyTrading,
    story: Callable[[SupplyTrading], list[Message]],
    every: bool,
) -> None:
    ends = []
    entered, documents = snapshot_and_documents(story(theirs))
    for arrival in arrivals(len(documents), every=every):
        receive_from(supply, entered)
        for index in (*arrival, *arrival[::-1]):
            receive_from(supply, documents[index])
        for _round in range(ROUNDS):
            retry_deferred()
        ends.append(state_of(Order.objects.latest("id")))
        assert ends[-1] == ends[0], arrival
        entered, documents = snapshot_and_documents(story(theirs))

    assert not InboundMessage.objects.waiting().exists()
    assert not any(verify().values())


def test_goods_end_as_their_documents_say(supply: FarEnd, theirs: SupplyTrading) -> None:
    for message in goods(theirs):
        receive_from(supply, message)

    end = state_of(Order.objects.get())

    assert [line[:4] for line in end["lines"]] == [(4, 5, 1, 1), (2, 2, 1, 0)]
    assert (end["statuses"][1], end["discrepancies"]) == ("partly_returned", [])


def test_documents_of_every_type_are_permuted(theirs: SupplyTrading) -> None:
    types = {message["type"] for story in STORIES for message in story(theirs)} - OPENING

    assert types == {type_ for type_ in SCHEMAS.keys() - OPENING if type_.startswith("supply.")}
