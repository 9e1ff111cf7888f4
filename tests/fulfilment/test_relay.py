"""The relay command: delivers without a broker, and stops when it is asked to."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from django.core.management import call_command

from fulfilment.management.commands import relay

PATIENCE = 2.0
"""Seconds after which a relay that does not stop is taken for deadlocked."""


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

    sys.setprofile(count)


@pytest.mark.parametrize("calls", range(1, 60))
def test_stops_whenever_the_signal_arrives(monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    drains: list[int] = []

    def drain() -> None:
        drains.append(len(drains))
        if len(drains) == 1:
            terminate_after(calls)

    monkeypatch.setattr(relay, "retry_deferred", lambda: None)
    monkeypatch.setattr(relay, "drain", drain)
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    call_command("relay", every=0.001)

    assert drains


def test_a_long_pause_ends_when_the_signal_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "retry_deferred", lambda: None)
    monkeypatch.setattr(relay, "drain", lambda: terminate_after(10))
    signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE)

    call_command("relay", every=3600.0)
