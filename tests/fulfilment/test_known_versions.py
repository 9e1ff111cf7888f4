"""Known versions: which of our pushes a snapshot certainly holds that does not say so."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.utils import timezone

from fulfilment.models import Attempt, Handoff, SyncState
from fulfilment.outbound.drain import drain
from fulfilment.services.order_sync.known_versions import certain_version, forget_lost_pushes
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import SupplySystem, connected_system

State = Handoff.State
NOW = timezone.now()
BEFORE, LATER = NOW - dt.timedelta(minutes=1), NOW + dt.timedelta(minutes=1)


@pytest.fixture
def state(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SyncState:
    """An order that both know in its first version, with a push of its second."""
    system: SupplySystem = connected_system(market, monkeypatch, tmp_path)
    order = sold(market)
    drain()
    system.deliver()
    change_order(order.pk, Changes(head={"customer_reference": "PO-1"}), actor=market.rep)
    return SyncState.objects.get()


def make(state: str, delivered_at: dt.datetime | None = None) -> None:
    """Give the last push a state."""
    handoff = Handoff.objects.latest("position")
    Handoff.objects.filter(pk=handoff.pk).update(state=state, delivered_at=delivered_at)


@pytest.mark.parametrize(
    ("of_push", "answered_at", "read_at", "knows"),
    [
        (State.QUEUED, None, None, 0),
        (State.RETRYING, None, NOW, 0),
        (State.NEEDS_ATTENTION, None, None, 0),
        (State.SENDING, None, NOW, None),
        (State.UNKNOWN_OUTCOME, None, NOW, None),
        (State.ACCEPTED, BEFORE, None, None),
        (State.ACCEPTED, BEFORE, NOW, 1),
        (State.ACCEPTED, LATER, NOW, None),
    ],
)
def test_is_certain_or_nothing(
    state: SyncState,
    of_push: str,
    answered_at: dt.datetime | None,
    read_at: dt.datetime | None,
    knows: int | None,
) -> None:
    make(of_push, answered_at)

    expected = None if knows is None else state.knows + knows
    assert certain_version(state, read_at) == expected


def test_an_attempt_without_an_answer_is_not_certain(state: SyncState) -> None:
    make(State.RETRYING)
    Attempt.objects.create(
        handoff=Handoff.objects.latest("position"),
        verb="push",
        outcome="unknown",
        duration_ms=1,
        started_at=BEFORE,
        finished_at=BEFORE,
    )

    assert certain_version(state, NOW) is None


@pytest.mark.parametrize(
    ("answered_at", "knows", "is_news", "left"),
    [
        (BEFORE, 0, False, 0),
        (BEFORE, None, False, 0),
        (BEFORE, None, True, 1),
        (LATER, 0, False, 1),
        (BEFORE, 99, False, 1),
    ],
)
def test_forgets_what_was_answered_and_is_not_there(
    state: SyncState, answered_at: dt.datetime, knows: int | None, is_news: bool, left: int
) -> None:
    make(State.ACCEPTED, answered_at)

    forget_lost_pushes(state, NOW, knows=knows, is_news=is_news)

    assert len(SyncState.objects.get().pushes) == left
