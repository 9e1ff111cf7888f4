"""Whatever breaks, nothing is lost, invented, repeated in effect or out of order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults import (
    of_far_ends,
    of_intake,
    of_networks,
    of_numbers,
    of_operators,
    of_processes,
    of_servers,
)
from tests.faults.conftest import ROW, dice_for
from tests.faults.registry import FAULTS, Fault
from tests.faults.stage import Stage
from tests.faults.tally import take_tally

SUBJECTS = (
    of_far_ends,
    of_intake,
    of_networks,
    of_numbers,
    of_operators,
    of_processes,
    of_servers,
)
"""Named, since reading them is what registers their faults."""


Record = Callable[[str, object], None]
CORE = [each for each in FAULTS if each.core]
OTHERS = [each for each in FAULTS if not each.core]


@pytest.mark.core
@pytest.mark.parametrize("fault", CORE, ids=str)
def test_keeps_the_promise(fault: Fault, stage: Stage, record_property: Record) -> None:
    play(fault, stage, record_property)


@pytest.mark.faults
@pytest.mark.parametrize("fault", OTHERS, ids=str)
def test_keeps_it_when_it_takes_longer(
    fault: Fault, fragile_stage: Stage, record_property: Record
) -> None:
    play(fault, fragile_stage, record_property)


def play(fault: Fault, stage: Stage, record_property: Record) -> None:
    """Break something, let it heal, and count."""
    stage.begin(dice_for(fault.name))

    fault.break_(stage)
    stage.finish()

    tally = take_tally(stage)
    record_property(ROW, (fault.name, fault.done, *tally.counts))
    assert tally.is_clean, tally
    assert tally.events
