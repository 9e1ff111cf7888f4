"""Reads of orders: requests that change nothing, outside of any transaction, within limits.

Nothing is read of a connection that is paused or whose circuit breaker is open. Each answer counts
for the health of its connection, as that of a message does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.db import connection as database
from django.db.models import Q
from django.utils.translation import gettext

from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.connectors import ChangesPage, OrderReader, Target, open_reader
from fulfilment.connectors.connector_pool import shared_pool
from fulfilment.connectors.engine import AttemptResult
from fulfilment.errors import HandoffError, Refused
from fulfilment.models import Attempt, Connection, sharing_orders
from fulfilment.outbound.connection_health import record_answers
from fulfilment.reconciliation.identified_orders import find_problem, set_apart, without_controls
from fulfilment.services.targets import target_of

ResultT = TypeVar("ResultT")
Outcome = Attempt.Outcome


class CannotRead(DomainError):
    """The orders of a connection cannot be read now."""

    code = "cannot_read_orders"


@dataclass(frozen=True, slots=True)
class Read(Generic[ResultT]):
    """What was read, or why it was not; ``began_at`` by the database's clock."""

    value: ResultT | None
    began_at: dt.datetime
    error: HandoffError | None = None

    @property
    def problem(self) -> str | Sentence:
        """Why it was not read; empty if it was."""
        return self.error.detail if self.error else ""


OrderRead = Read[Mapping[str, Any]]
"""An order as received; without value and error there is none."""

Request = Callable[[OrderReader], Awaitable[Any]]


def readable() -> Q:
    """Keep connections whose orders can be read now."""
    now = database_now()
    is_paused = Q(health__not_before__isnull=False, health__not_before__gt=now)
    return sharing_orders() & Q(status=Connection.Status.ACTIVE) & ~is_paused


def check_readable(connection: Connection) -> None:
    """Refuse a connection whose orders cannot be read, or not now."""
    if not Connection.objects.filter(readable(), pk=connection.pk).exists():
        raise CannotRead(
            gettext(
                "Nothing is read of %(connection)s now: it is paused, does not answer, or has no "
                "orders that both sides edit. Resume it, or try again later."
            )
            % {"connection": connection}
        )


def read_orders(wanted: Mapping[Connection, Sequence[str]]) -> dict[Connection, list[OrderRead]]:
    """Read orders by the ids that they have there, of several connections at once.

    One without an identity, or that cannot be kept, is an error like one that was not read.
    """
    asked = _ask_all({each: [_order(key) for key in keys] for each, keys in wanted.items()})
    return {each: [_identified(each, read) for read in reads] for each, reads in asked.items()}


def read_order(connection: Connection, order_id: str) -> OrderRead:
    """Read one order by the id that it has there."""
    [read] = read_orders({connection: [order_id]})[connection]
    return read


def read_changes(connection: Connection, cursor: str, limit: int) -> Read[ChangesPage]:
    """Read a page of what changed there after a cursor."""
    asked = _ask_all({connection: [lambda reader: reader.fetch_changes(cursor, limit)]})
    read: Read[ChangesPage] = asked[connection][0]
    return read if read.value is None else replace(read, value=set_apart(read.value))


def _identified(connection: Connection, read: OrderRead) -> OrderRead:
    if read.value is None:
        return read
    problem = find_problem(read.value)
    if problem is None:
        return replace(read, value=without_controls(read.value))
    detail = _(
        "%(name)s answered with an order that cannot be read: %(problem)s",
        name=connection.name,
        problem=problem,
    )
    return replace(read, value=None, error=Refused(detail))


def database_now() -> dt.datetime:
    """Return the moment by the clock that stamps answers; other machines' may be minutes off."""
    with database.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
    moment: dt.datetime = now
    return moment


def _order(key: str) -> Request:
    return lambda reader: reader.fetch_order(key)


def _ask_all(wanted: Mapping[Connection, Sequence[Request]]) -> dict[Connection, list[Any]]:
    targets = {connection: target_of(connection) for connection in wanted}
    began_at = database_now()
    asked = _gather([_ask(targets[each], _at_once(each), wanted[each]) for each in wanted])
    answers = dict(zip(wanted, shared_pool().start(asked).result(), strict=True))
    for connection, answered in answers.items():
        record_answers(connection.pk, [result for _value, result in answered])
    return {
        connection: [Read(value, began_at, result.error) for value, result in answered]
        for connection, answered in answers.items()
    }


def _at_once(connection: Connection) -> int:
    """Return how many requests may be under way: fewer while the connection recovers."""
    limit = connection.health.in_flight_limit
    most = connection.max_in_flight
    return max(1, min(most, limit if limit is not None else most))


async def _gather(batches: Iterable[Awaitable[Any]]) -> list[Any]:
    return await asyncio.gather(*batches)


async def _ask(
    target: Target, at_once: int, requests: Sequence[Request]
) -> list[tuple[Any, AttemptResult]]:
    reader, room = open_reader(target), asyncio.Semaphore(at_once)

    async def one(request: Request) -> tuple[Any, AttemptResult]:
        async with room:
            return await _answer(request(reader))

    try:
        return await asyncio.gather(*map(one, requests))
    finally:
        await reader.close()


async def _answer(request: Awaitable[Any]) -> tuple[Any, AttemptResult]:
    started_at = dt.datetime.now(dt.UTC)
    value: Any = None
    failure: HandoffError | None = None
    try:
        value = await request
    except HandoffError as error:
        failure = error
    outcome = failure.outcome if failure else Outcome.FOUND
    finished_at = dt.datetime.now(dt.UTC)
    return value, AttemptResult(Attempt.Verb.FIND, outcome, started_at, finished_at, error=failure)
