"""Retry schedule: how long a refused message waits, and when it waits no more."""

from __future__ import annotations

import pytest

from fulfilment.outbound.retry_schedule import jittered, pause_after_refusal


@pytest.mark.parametrize(("refusals", "seconds"), [(1, 5), (2, 30), (3, 120), (4, 600), (5, 1800)])
def test_waits_longer_after_each_refusal(refusals: int, seconds: float) -> None:
    pause = pause_after_refusal(refusals)

    assert pause is not None
    assert 0.8 * seconds <= pause <= 1.2 * seconds


def test_tries_no_more_after_the_sixth_refusal() -> None:
    assert pause_after_refusal(6) is None


def test_spreads_lanes_that_failed_together_over_a_fifth_of_the_pause() -> None:
    pauses = [jittered(10) for _ in range(200)]

    assert 8 <= min(pauses) < 9
    assert 11 < max(pauses) <= 12
