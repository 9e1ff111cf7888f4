"""The circuit breaker, without a database or a clock."""

from __future__ import annotations

import datetime as dt

from fulfilment.outbound.circuit_breaker import Breaker, State

START = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


def at(seconds: float) -> dt.datetime:
    return START + dt.timedelta(seconds=seconds)


def failed(times: int, breaker: Breaker | None = None, start: float = 0) -> Breaker:
    state = breaker or Breaker(most_at_once=16)
    for number in range(times):
        state = state.fail(at(start + number))
    return state


def test_stays_closed_after_four_failures_in_a_row() -> None:
    assert failed(4).state == State.CLOSED


def test_opens_at_the_fifth_for_fifteen_seconds() -> None:
    breaker = failed(5)

    assert (breaker.state, breaker.not_before, breaker.at_once) == (State.OPEN, at(4 + 15), 1)


def test_restarts_the_count_after_a_success() -> None:
    breaker = failed(4, failed(4).succeed(at(4)), start=5)

    assert breaker.state == State.CLOSED


def test_opens_when_half_of_twenty_failed_within_a_minute() -> None:
    breaker = Breaker(most_at_once=16)
    for second in range(10):
        breaker = breaker.succeed(at(second)).fail(at(second))

    assert breaker.state == State.OPEN


def test_forgets_failures_older_than_a_minute() -> None:
    breaker = Breaker(most_at_once=16)
    for second in range(9):
        breaker = breaker.succeed(at(second)).fail(at(second))
    breaker = breaker.succeed(at(70)).fail(at(70))

    assert breaker.state == State.CLOSED


def test_pauses_longer_each_time_it_opens_again_up_to_a_minute() -> None:
    breaker = failed(5)
    pauses = []
    for _ in range(4):
        assert breaker.not_before is not None
        now = breaker.not_before
        breaker = breaker.fail(now)
        assert breaker.not_before is not None
        pauses.append((breaker.not_before - now).total_seconds())

    assert pauses == [30, 60, 60, 60]


def test_does_not_open_twice_for_requests_sent_before() -> None:
    breaker = failed(9)

    assert (breaker.openings, breaker.not_before) == (1, at(4 + 15))


def test_closes_after_three_successes_and_ramps_up() -> None:
    breaker = failed(5)
    seen = []
    for number in range(8):
        breaker = breaker.succeed(at(20 + number))
        seen.append((breaker.state.value, breaker.at_once))

    assert seen == [
        ("half_open", 1),
        ("half_open", 1),
        ("closed", 1),
        ("closed", 2),
        ("closed", 4),
        ("closed", 8),
        ("closed", None),
        ("closed", None),
    ]
    assert breaker.openings == 0


def test_opens_again_after_a_failed_probe() -> None:
    breaker = failed(5).succeed(at(20)).fail(at(21))

    assert (breaker.state, breaker.not_before) == (State.OPEN, at(21 + 30))


def test_halves_concurrent_requests_after_a_request_to_wait() -> None:
    breaker = Breaker(most_at_once=16).slow_down(at(0), 30)

    assert (breaker.state, breaker.not_before, breaker.at_once) == (State.CLOSED, at(30), 8)
    assert breaker.succeed(at(1)).at_once == 8
    assert breaker.succeed(at(31)).at_once is None


def test_keeps_the_longer_of_two_pauses() -> None:
    breaker = Breaker(most_at_once=16).slow_down(at(0), 30).slow_down(at(0), 5)

    assert (breaker.not_before, breaker.at_once) == (at(30), 4)
