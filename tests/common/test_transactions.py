"""Transactions that lost to another one: run again so often, and only as a whole."""

from __future__ import annotations

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from common import transactions
from common.transactions import run_transaction


class Step:
    """A step that fails so often, and notes whether it ran in a transaction."""

    def __init__(self, failures: int, cause: type[psycopg.Error]) -> None:
        self.failures, self.cause = failures, cause
        self.runs: list[bool] = []

    def __call__(self) -> str:
        self.runs.append(connection.in_atomic_block)
        if len(self.runs) <= self.failures:
            raise OperationalError from self.cause()
        return "done"


DEADLOCK = psycopg.errors.DeadlockDetected
LOSSES = [DEADLOCK, psycopg.errors.SerializationFailure]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "PAUSE", (0, 0))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("cause", LOSSES)
def test_runs_three_times_at_most(cause: type[psycopg.Error]) -> None:
    twice, always = Step(2, cause), Step(3, cause)

    assert run_transaction(twice) == "done"
    with pytest.raises(OperationalError):
        run_transaction(always)

    assert (twice.runs, always.runs) == ([True] * 3, [True] * 3)


@pytest.mark.django_db(transaction=True)
def test_runs_once_after_another_error() -> None:
    full = Step(1, psycopg.errors.DiskFull)

    with pytest.raises(OperationalError):
        run_transaction(full)

    assert full.runs == [True]


@pytest.mark.django_db(transaction=True)
def test_runs_once_inside_another_transaction_which_runs_again() -> None:
    outer: list[str] = []
    inner = Step(1, DEADLOCK)

    def whole() -> str:
        outer.append("run")
        return run_transaction(inner)

    with pytest.raises(OperationalError), transaction.atomic():
        run_transaction(Step(1, DEADLOCK))
    assert run_transaction(whole) == "done"

    assert (len(outer), len(inner.runs)) == (2, 2)
