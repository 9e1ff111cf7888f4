"""New orders of another system: made at once, each once, with what that system holds of it."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.dialects.supply import RemoteOrder
from fulfilment.models import ExternalRef, SyncState
from fulfilment.services.mappings import NotMapped
from fulfilment.services.order_sync.new_remote_orders import KnownBefore, create_remote_orders
from sales.models import Order
from sales.services.events import NO_CAUSE
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.supply import connect_supply, mapped_product, their_line, their_order, there


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def their(number: int, item: str = "AX-9") -> RemoteOrder:
    """An order of theirs, with a line."""
    line = their_line(f"LOT-{number}", item=item)
    return RemoteOrder.of(their_order(line, id=f"id-{number}", number=f"SO-{number}", knows=0))


def take(supply: FarEnd, *orders: RemoteOrder) -> list[Order]:
    return create_remote_orders(supply.connection, orders, [NO_CAUSE] * len(orders))


def test_many_are_made_with_their_states(supply: FarEnd) -> None:
    made = take(supply, their(1), their(2))

    assert [(order.number, there(order)) for order in made] == [
        ("SO-1", "3=50.00"),
        ("SO-2", "3=50.00"),
    ]
    states = {state.record_id: state for state in SyncState.objects.all()}
    for order in made:
        state = states[order.pk]
        [line] = order.lines.all()
        assert state.held[f"line.{line.pk}.discount"] == "10.00"
        assert state.snapshot["order"]["number"] == order.number
        assert list(state.snapshot["line_ids"].values()) == [str(line.pk)]
    assert set(ExternalRef.objects.values_list("external_id", "external_number")) == {
        ("id-1", "SO-1"),
        ("id-2", "SO-2"),
    }


def test_none_is_made_if_one_is_known(supply: FarEnd) -> None:
    take(supply, their(1))

    with pytest.raises(KnownBefore):
        take(supply, their(2), their(1))

    assert Order.objects.get().number == "SO-1"
    assert ExternalRef.objects.count() == SyncState.objects.count() == 1


def test_none_is_made_if_a_code_of_one_is_not_mapped(supply: FarEnd) -> None:
    with pytest.raises(NotMapped):
        take(supply, their(1), their(2, item="ZZ-1"))

    assert not Order.objects.exists()
    assert not ExternalRef.objects.exists()
