"""Whatever breaks, nothing is lost, invented, repeated in effect or out of order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults import of_far_ends, of_intake, of_networks, of_operators, of_processes, of_servers
from tests.faults.conftest import ROW, dice_for
from tests.faults.registry import FAULTS, Fault
from tests.faults.stage import Stage
from tests.faults.tally import take_tally

SUBJECTS = (of_far_ends, of_intake, of_networks, of_operators, of_processes, of_servers)
"""Named, since reading them is what registers their faults."""


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            each, id=each.name, marks=pytest.mark.core if each.core else pytest.mark.faults
        )
        for each in FAULTS
    ],
)
def test_keeps_the_promise(
    fault: Fault, stage: Stage, record_property: Callable[[str, object], None]
) -> None:
    stage.begin(dice_for(fault.name))

    fault.break_(stage)
    stage.finish()

    tally = take_tally(stage)
    counts = (tally.events, tally.lost, tally.phantom, tally.duplicates, tally.out_of_order)
    record_property(ROW, (fault.name, fault.done, *counts))
    assert tally.is_clean, tally
    assert tally.events
