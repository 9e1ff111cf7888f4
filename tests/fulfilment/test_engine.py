"""Engine: which requests one handoff takes, and never one that could arrive twice."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import replace
from typing import Any

import pytest
from werkzeug import Response

from fulfilment import connectors
from fulfilment.connectors import Message, Reply, Target
from fulfilment.connectors.engine import Engine, InFlightHandoff, LaneBatch, deliver
from fulfilment.errors import HandoffError, NoReference, OutcomeUnknown, Refused, Unreachable
from fulfilment.models import Handoff
from fulfilment.outbound.drain import drain
from sales.models import Order
from tests.fulfilment.conftest import FarEnd, make_due, outcomes

State = Handoff.State
TARGET = Target(uuid.uuid4(), "webhook", "Warehouse", "http://warehouse.example", (b"secret",), 15)
REPLY = Reply("REF-1", 200)
GARBAGE = Response("<html>OK</html>", 200)

Answer = Reply | HandoffError | None


class ScriptedConnector:
    """A connector that gives these answers, one for each request; without one it hangs."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)

    async def push(self, message: Message) -> Reply:
        answer = await self._next()
        assert answer is not None
        return answer

    async def find(self, message_id: str) -> Reply | None:
        return await self._next()

    async def close(self) -> None:
        """Nothing to close."""

    async def _next(self) -> Reply | None:
        if not self.answers:
            await asyncio.sleep(60)
        answer = self.answers.pop(0)
        if isinstance(answer, HandoffError):
            raise answer
        return answer


def handoff(**fields: Any) -> InFlightHandoff:
    return InFlightHandoff(uuid.uuid4(), Message("evt_1", "{}"), **fields)


def batch(count: int, *, window: float = 60) -> LaneBatch:
    """A batch of handoffs whose requests may start for so many seconds; no two share a target."""
    target = replace(TARGET, connection_id=uuid.uuid4())
    handoffs = [handoff() for _ in range(count)]
    return LaneBatch(uuid.uuid4(), uuid.uuid4(), target, handoffs, time.monotonic() + window)


def no_answer(cause: Exception) -> OutcomeUnknown:
    """The error of a message that was sent and not answered."""
    error = OutcomeUnknown("Warehouse did not answer.")
    error.__cause__ = cause
    return error


def requests_of(delivered: InFlightHandoff) -> list[str]:
    """Verb and outcome of every request of a handoff."""
    return [f"{result.verb} {result.outcome}" for result in delivered.results]


@pytest.mark.parametrize(
    ("fields", "answers", "requests"),
    [
        ({}, [REPLY], ["push done"]),
        ({}, [Refused("Unknown SKU")], ["push refused"]),
        ({}, [Unreachable("Down")], ["push unreachable"]),
        ({}, [no_answer(TimeoutError())], ["push unknown"]),
        ({}, [no_answer(ConnectionResetError()), REPLY], ["push unknown", "find found"]),
        (
            {},
            [no_answer(ConnectionResetError()), None, REPLY],
            ["push unknown", "find not_found", "push done"],
        ),
        ({}, [NoReference("No reference"), None], ["push no_reference", "find not_found"]),
        ({"must_find": True}, [REPLY], ["find found"]),
        ({"must_find": True}, [None, REPLY], ["find not_found", "push done"]),
        ({"must_find": True}, [Unreachable("Down")], ["find unreachable"]),
        ({"must_find": True, "is_acknowledged": True}, [None], ["find not_found"]),
    ],
)
def test_sends_only_what_cannot_arrive_twice(
    fields: dict[str, bool], answers: list[Answer], requests: list[str]
) -> None:
    delivered, connector = handoff(**fields), ScriptedConnector(*answers)

    asyncio.run(deliver(delivered, connector, TARGET))

    assert requests_of(delivered) == requests
    assert connector.answers == []


@pytest.mark.parametrize("fields", [{}, {"must_find": True}])
def test_never_looks_up_where_nothing_can_be_looked_up(fields: dict[str, bool]) -> None:
    delivered = handoff(**fields)
    connector = ScriptedConnector(no_answer(ConnectionResetError()))

    asyncio.run(deliver(delivered, connector, replace(TARGET, answers_look_ups=False)))

    assert requests_of(delivered) == ["push unknown"]


@pytest.fixture
def connector(monkeypatch: pytest.MonkeyPatch) -> ScriptedConnector:
    """The connector of every target."""
    scripted = ScriptedConnector()
    monkeypatch.setitem(connectors.KINDS, "webhook", lambda _target: scripted)
    return scripted


def run(running: LaneBatch) -> list[tuple[int, bool]]:
    """Deliver a batch; returns the number of handoffs of each step, and whether it was the last."""
    steps = []
    with Engine() as engine:
        engine.submit(running)
        while engine.in_flight:
            steps += engine.collect(5)
    assert all(step.batch is running for step in steps)
    return [(len(step.handoffs), step.is_over) for step in steps]


def test_hands_back_each_handoff_when_it_is_done_and_stops_at_the_first_that_is_not(
    connector: ScriptedConnector,
) -> None:
    connector.answers = [REPLY, REPLY, Refused("Unknown SKU"), REPLY]
    running = batch(4)

    assert run(running) == [(1, False), (1, False), (2, True)]

    assert [requests_of(each) for each in running.handoffs] == [
        ["push done"],
        ["push done"],
        ["push refused"],
        [],
    ]
    assert [each.is_started for each in running.handoffs] == [True, True, True, False]


def test_starts_nothing_when_the_lease_is_nearly_over(connector: ScriptedConnector) -> None:
    connector.answers = [REPLY]
    running = batch(2, window=-1)

    assert run(running) == [(2, True)]

    assert not any(each.is_started for each in running.handoffs)


def test_hands_back_without_a_result_what_is_under_way_when_it_stops(
    connector: ScriptedConnector,
) -> None:
    running = batch(1)
    with Engine() as engine:
        engine.submit(running)
        assert engine.collect(0.1) == []

    [step] = engine.collect(5)

    assert (step.handoffs, step.is_over) == (running.handoffs, True)
    assert (running.handoffs[0].is_started, running.handoffs[0].results) == (True, [])


def test_looks_up_a_success_without_reference_and_never_resends_it(
    order: Order, warehouse: FarEnd
) -> None:
    warehouse.answers.append(lambda message_id: (warehouse.take(message_id), GARBAGE)[1])

    drain()

    assert (len(warehouse.received), len(warehouse.looked_up)) == (1, 1)
    assert Handoff.objects.get().reference == "REF-000001"
    assert outcomes() == [("push", "no_reference"), ("find", "found")]


def test_never_resends_what_was_accepted_and_is_not_found(order: Order, warehouse: FarEnd) -> None:
    warehouse.answers.append(lambda _: GARBAGE)

    for _ in range(8):
        drain()
        make_due()

    assert len(warehouse.received) == 1
    handoff = Handoff.objects.get()
    assert (handoff.state, handoff.is_acknowledged) == (State.NEEDS_ATTENTION, True)
