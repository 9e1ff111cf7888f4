"""Stateful test of orders, shipments and invoices: all cents and units add up in any sequence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run

from sales.services.integrity.verification import verify
from tests.factories import Market
from tests.sales.random_trading import Trade, violations

DICE = st.randoms(use_true_random=False)
CURRENCIES = ["JPY", "EUR", "KWD"]
STEADY = settings(
    derandomize=True,
    max_examples=6,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # shrinking so long a story takes longer than reading it
)


def differences() -> list[str]:
    """What `manage.py verify` would print."""
    return [str(difference) for found in verify().values() for difference in found]


class Trading(RuleBasedStateMachine):
    """Random actions in one currency; after each, every invariant has to hold."""

    currency = "EUR"
    invoice_when = "by_hand"

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.trade = Trade(Market(currency=self.currency, invoice_when=self.invoice_when))

    def teardown(self) -> None:
        """Forget this world."""
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize(dice=DICE)
    def start(self, dice: Random) -> None:
        self.trade.do(self.trade.order, dice)

    @precondition(lambda self: len(self.trade.done) < 40)
    @rule(dice=DICE, place=st.integers(0, 20))
    def do(self, dice: Random, place: int) -> None:
        self.trade.do(self.trade.actions[place], dice)

    @invariant()
    def everything_is_true(self) -> None:
        connection.check_constraints()
        found = violations() + differences()
        assert found == [], f"after {self.trade.done}, last refused: {self.trade.refused[-1:]}"


@pytest.mark.parametrize("currency", CURRENCIES)
def test_stays_true_whatever_is_done(db: None, currency: str) -> None:
    machine: Any = type(f"TradingIn{currency}", (Trading,), {"currency": currency})
    run(machine, settings=STEADY)


@pytest.mark.parametrize("invoice_when", ["placed", "fulfilled", "per_shipment"])
def test_stays_true_when_terms_bill_by_themselves(db: None, invoice_when: str) -> None:
    machine: Any = type("TradingByTerms", (Trading,), {"invoice_when": invoice_when})
    run(machine, settings=settings(STEADY, max_examples=3))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("currency", CURRENCIES)
def test_stays_true_at_every_moment_while_several_trade_at_once(currency: str) -> None:
    trade = Trade(Market(currency=currency))
    for seed in range(3):
        trade.order(Random(seed))
    broken: list[object] = []
    over = threading.Event()
    checks = 0

    def work(seed: int) -> None:
        dice = Random(seed)
        for _ in range(15):
            trade.do(dice.choice(trade.actions), dice)

    def watch() -> None:
        nonlocal checks
        while not over.is_set():
            broken.extend(at_one_moment())
            checks += 1

    workers = [in_background(broken, work, seed) for seed in range(4)]
    watcher = in_background(broken, watch)
    for worker in workers:
        worker.join()
    over.set()
    watcher.join()

    assert broken == []
    assert len(trade.done) > 20
    assert checks > 1
    assert violations() + differences() == []


def in_background(broken: list[object], work: Callable[..., None], *given: Any) -> threading.Thread:
    """Start a thread with a database connection of its own; its error is recorded."""

    def alone() -> None:
        try:
            work(*given)
        except Exception as error:  # noqa: BLE001  # reported by the test's own thread
            broken.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=alone)
    thread.start()
    return thread


def at_one_moment() -> list[str]:
    """The violations between two commits of the others."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return violations() + differences()
