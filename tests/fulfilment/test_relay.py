"""The relay command: delivers without a broker, and stops when it is asked to."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from fulfilment.management.commands import relay
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order

PATIENCE = 2.0
"""Seconds after which a relay that does not stop is taken for deadlocked."""

COUNTERS: list[Callable[..., None]] = []
"""Kept alive: Python crashes where a profile function that ends itself is freed while it runs."""


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Put the signal handlers back that the command replaces."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def give_up(*_: Any) -> None:
    """End a relay that does not end by itself."""
    raise TimeoutError("The relay did not stop.")


def terminate_after(calls: int) -> None:
    """Send this process SIGTERM once Python has made this many calls and returns."""
    left = calls

    def count(_frame: FrameType, _event: str, _argument: Any) -> None:
        nonlocal left
        left -= 1
        if not left:
            sys.setprofile(None)
            os.kill(os.getpid(), signal.SIGTERM)

    COUNTERS.append(count)
    sys.setprofile(count)


class Nothing:
    """A listener and a delivery thread that do nothing."""

    def __init__(self, wake: object = None) -> None:
        pass

    def nothing(self) -> None:
        pass

    start = stop = wake = nothing


@pytest.fixture
def sweeps(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Only the loop of sweeps: nothing is delivered or listened for."""
    monkeypatch.setattr(relay, "Listener", Nothing)
    monkeypatch.setattr(relay, "delivery_thread", Nothing())
    return monkeypatch


@pytest.mark.parametrize("calls", range(1, 60))
def test_stops_whenever_the_signal_arrives(sweeps: pytest.MonkeyPatch, calls: int) -> None:
    swept: list[int] = []

    def sweep() -> None:
        swept.append(len(swept))
        if len(swept) == 1:
            terminate_after(calls)

    sweeps.setattr(relay, "retry_deferred", sweep)
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    call_command("relay", every=0.001)

    assert swept


def test_a_long_pause_ends_when_the_signal_arrives(sweeps: pytest.MonkeyPatch) -> None:
    sweeps.setattr(relay, "retry_deferred", lambda: terminate_after(10))
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    call_command("relay", every=3600.0)


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_fails_does_not_end_it(sweeps: pytest.MonkeyPatch) -> None:
    swept: list[int] = []

    def fail_twice() -> None:
        swept.append(len(swept))
        if len(swept) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        raise (ValueError if len(swept) == 1 else OperationalError)("unexpected")

    sweeps.setattr(relay, "retry_deferred", fail_twice)
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    call_command("relay", every=0.001)

    assert swept == [0, 1, 2]


@pytest.mark.django_db
def test_delivers_once_what_is_due_and_ends(market: Market, warehouse: FarEnd) -> None:
    submitted_order(market)

    call_command("relay", once=True)

    assert len(warehouse.received) == 1
