"""Documents of the supply-chain system: in whatever order they come, the end is the same."""

from __future__ import annotations

from collections.abc import Callable
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
from tests.fulfilment.supply import (
    back,
    changed,
    connect_supply,
    delivery,
    mapped_product,
    second_line,
    their_line,
    their_order,
)
from tests.fulfilment.test_message_order import EVERY, arrivals

Message = dict[str, Any]


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, which ships and bills, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def state_of(order: Order) -> dict[str, Any]:
    """What became of an order, whatever came first."""
    order.refresh_from_db()
    shipments = Shipment.objects.filter(order=order).order_by("reference")
    return {
        "statuses": (order.status, order.fulfilment_status, order.billing_status),
        "lines": list(
            order.lines.order_by("position").values_list(
                *("quantity", "shipped_quantity", "returned_quantity", "replaced_quantity"),
                *("invoiced_quantity", "credited_quantity", "closed_quantity"),
                *("closed_unshipped_quantity", "closed_returned_quantity"),
            )
        ),
        "shipments": list(shipments.values_list("reference", "status", "is_replaced")),
        "discrepancies": sorted(
            Discrepancy.objects.open().values_list("kind", "part", "ours", "theirs")
        ),
    }


def goods(number: str) -> list[Message]:
    """An order that is raised, delivered in parts, and comes back in part."""
    first = their_order(their_line(), second_line(), id=number, number=number)
    line = their_line(quantity="4", amount="66.67")
    raised = their_order(line, second_line(), id=number, number=number)
    return [
        changed(raised),
        delivery(first, f"{number}-PS1", _1="3"),
        delivery(raised, f"{number}-PS2", _1="2", _2="2"),
        back(raised, f"{number}-RMA1", _1="1", replace=True),
        back(raised, f"{number}-RMA2", _2="1"),
    ]


STORIES = [goods]


@pytest.mark.parametrize("every", EVERY)
@pytest.mark.parametrize("story", STORIES)
def test_an_order_ends_the_same(
    supply: FarEnd, story: Callable[[str], list[Message]], every: bool
) -> None:
    ends = []
    for place, arrival in enumerate(arrivals(len(story("SO-0")), every=every), start=1):
        number = f"SO-{place}"
        said = story(number)
        for index in (*arrival, *arrival[::-1]):
            receive_from(supply, said[index])
        for _round in range(len(said)):
            retry_deferred()
        ends.append(state_of(Order.objects.get(number=number)))
        assert without(number, ends[-1]) == without("SO-1", ends[0]), arrival

    assert not InboundMessage.objects.waiting().exists()
    assert not any(verify().values())


def without(number: str, state: dict[str, Any]) -> str:
    """What became of an order, without its own number."""
    return str(state).replace(f"{number}-", "")


def test_goods_end_as_their_documents_say(supply: FarEnd) -> None:
    for message in goods("SO-1"):
        receive_from(supply, message)

    end = state_of(Order.objects.get())

    assert [line[:4] for line in end["lines"]] == [(4, 5, 1, 1), (2, 2, 1, 0)]
    assert end["statuses"][1] == "partly_returned"
    assert end["discrepancies"] == []


def test_documents_of_every_type_are_permuted() -> None:
    types = {message["type"] for story in STORIES for message in story("SO-1")} - OPENING

    assert types == {type_ for type_ in SCHEMAS.keys() - OPENING if type_.startswith("supply.")}
