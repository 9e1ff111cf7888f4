"""Faults of the network: refused, reset, lost, slow and flapping connections."""

from __future__ import annotations

from fulfilment.models import Attempt
from tests.faults.external_system_faults import check_others_unaffected, wait_for_outcome
from tests.faults.proxy import Behaviour, Proxy, self_signed
from tests.faults.registry import fault
from tests.faults.testbed import Testbed, wait_skipping_pauses

Outcome = Attempt.Outcome


@fault("connection refused", core=True)
def connection_refused(testbed: Testbed) -> None:
    """Connections are refused for a while."""
    testbed.proxy.refuse_connections()
    testbed.create_events()
    testbed.start_worker()
    wait_for_outcome(testbed, Outcome.UNREACHABLE)
    check_others_unaffected(testbed)


@fault("reset before the answer", core=True)
def reset_before_the_answer(testbed: Testbed) -> None:
    """The request arrives and the connection is reset; the warehouse does not deduplicate."""
    testbed.inject({"mode": "forget_idempotency"})
    testbed.proxy.behave(Behaviour.FORWARD, *[Behaviour.RESET_ANSWER] * 4)
    testbed.create_events()
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("reset at once")
def reset_at_once(testbed: Testbed) -> None:
    """Connections are accepted and reset at once."""
    testbed.proxy.behave(Behaviour.FORWARD, *[Behaviour.RESET] * 6)
    testbed.create_events()
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("black hole", core=True)
def black_hole(testbed: Testbed) -> None:
    """Connections are accepted, but no data passes in either direction."""
    testbed.proxy.behave(Behaviour.BLACK_HOLE)
    testbed.create_events(toggles=1)
    testbed.start_worker()
    wait_for_outcome(testbed, Outcome.UNKNOWN)
    check_others_unaffected(testbed)


@fault("no answer after the effect", core=True)
def no_answer_after_the_effect(testbed: Testbed) -> None:
    """The record is created and the answer never arrives; the warehouse does not deduplicate."""
    testbed.inject({"mode": "forget_idempotency"})
    testbed.proxy.behave(Behaviour.FORWARD, *[Behaviour.NO_ANSWER] * 4)
    testbed.create_events(toggles=1)
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")
    wait_for_outcome(testbed, Outcome.FOUND)


@fault("byte by byte", core=True)
def byte_by_byte(testbed: Testbed) -> None:
    """Answers arrive a byte every twentieth of a second; the deadline covers the whole answer."""
    testbed.proxy.behave(Behaviour.FORWARD, *[Behaviour.BYTE_BY_BYTE] * 4)
    testbed.create_events(toggles=1)
    testbed.start_worker()
    wait_for_outcome(testbed, Outcome.UNKNOWN)
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")


@fault("wrong certificate", core=True)
def wrong_certificate(testbed: Testbed) -> None:
    """The address has a self-signed certificate."""
    with Proxy(testbed.sandbox.port, self_signed(testbed.folder)) as impostor:
        testbed.set_warehouse_url(impostor.port, "https")
        testbed.create_events(toggles=1)
        testbed.start_worker()
        wait_for_outcome(testbed, Outcome.UNREACHABLE)
        check_others_unaffected(testbed)
        testbed.repair()


@fault("flapping", core=True)
def flapping(testbed: Testbed) -> None:
    """Every connection behaves differently, at random."""
    behaviours = [Behaviour.RESET, Behaviour.RESET_ANSWER, Behaviour.FORWARD, Behaviour.FORWARD]
    testbed.proxy.behave(Behaviour.FORWARD, *testbed.rng.choices(behaviours, k=40))
    testbed.create_events(toggles=3)
    testbed.start_worker()
    wait_skipping_pauses(testbed, testbed.all_sent, "the end")
