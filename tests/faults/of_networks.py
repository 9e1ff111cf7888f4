"""Networks that refuse, reset, swallow, drip and flap."""

from __future__ import annotations

from fulfilment.models import Attempt
from tests.faults.of_far_ends import comes, others_flow
from tests.faults.proxy import Mood, Proxy, self_signed
from tests.faults.registry import fault
from tests.faults.stage import Stage, once

Outcome = Attempt.Outcome


@fault("connection refused", core=True)
def connection_refused(stage: Stage) -> None:
    """Nobody listens at the address for a while."""
    stage.proxy.close_door()
    stage.sell()
    stage.work()
    comes(stage, Outcome.UNREACHABLE)
    others_flow(stage)


@fault("reset before the answer", core=True)
def reset_before_the_answer(stage: Stage) -> None:
    """The request arrives, the network resets the connection, and the warehouse forgets."""
    stage.misbehave({"mode": "forget_idempotency"})
    stage.proxy.be(Mood.THROUGH, *[Mood.CUT_ANSWER] * 4)
    stage.sell()
    stage.work()
    once(stage, stage.all_sent, "the end")


@fault("reset at once")
def reset_at_once(stage: Stage) -> None:
    """Connections are accepted and reset at once."""
    stage.proxy.be(Mood.THROUGH, *[Mood.RESET] * 6)
    stage.sell()
    stage.work()
    once(stage, stage.all_sent, "the end")


@fault("black hole", core=True)
def black_hole(stage: Stage) -> None:
    """Connections are accepted and nothing ever comes back, nor arrives."""
    stage.proxy.be(Mood.BLACK_HOLE)
    stage.sell(toggles=1)
    stage.work()
    comes(stage, Outcome.UNKNOWN)
    others_flow(stage)


@fault("silence after the deed", core=True)
def silence_after_the_deed(stage: Stage) -> None:
    """The warehouse does it and its answer never arrives; it forgets what it has seen."""
    stage.misbehave({"mode": "forget_idempotency"})
    stage.proxy.be(Mood.THROUGH, *[Mood.SILENT] * 4)
    stage.sell(toggles=1)
    stage.work()
    once(stage, stage.all_sent, "the end")
    comes(stage, Outcome.FOUND)


@fault("byte by byte", core=True)
def byte_by_byte(stage: Stage) -> None:
    """Answers drip at a byte every twentieth of a second; the deadline is for the whole."""
    stage.proxy.be(Mood.THROUGH, *[Mood.DRIP] * 4)
    stage.sell(toggles=1)
    stage.work()
    comes(stage, Outcome.UNKNOWN)
    once(stage, stage.all_sent, "the end")


@fault("wrong certificate", core=True)
def wrong_certificate(stage: Stage) -> None:
    """The address answers with a certificate that nobody vouches for."""
    with Proxy(stage.sandbox.port, self_signed(stage.folder)) as impostor:
        stage.point_to(impostor.port, "https")
        stage.sell(toggles=1)
        stage.work()
        comes(stage, Outcome.UNREACHABLE)
        others_flow(stage)
        stage.heal()


@fault("flapping", core=True)
def flapping(stage: Stage) -> None:
    """Every connection meets another mood, by the dice."""
    moods = [Mood.RESET, Mood.CUT_ANSWER, Mood.THROUGH, Mood.THROUGH]
    stage.proxy.be(Mood.THROUGH, *stage.dice.choices(moods, k=40))
    stage.sell(toggles=3)
    stage.work()
    once(stage, stage.all_sent, "the end")
