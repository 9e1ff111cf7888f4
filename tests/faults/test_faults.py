"""After every fault, no event is lost, invented, duplicated in effect or out of order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults import (
    external_system_faults,
    intake_faults,
    network_faults,
    operator_faults,
    process_faults,
    server_faults,
    two_way_faults,
    volume_faults,
)
from tests.faults.conftest import ROW, random_for
from tests.faults.invariants import check_invariants
from tests.faults.registry import FAULTS, Fault
from tests.faults.testbed import Testbed

MODULES = (
    external_system_faults,
    intake_faults,
    network_faults,
    volume_faults,
    operator_faults,
    process_faults,
    server_faults,
    two_way_faults,
)
"""Imported, since importing them registers their faults."""

Record = Callable[[str, object], None]
CORE = [each for each in FAULTS if each.core]
OTHERS = [each for each in FAULTS if not each.core]


@pytest.mark.core
@pytest.mark.parametrize("fault", CORE, ids=str)
def test_keeps_the_invariants(fault: Fault, testbed: Testbed, record_property: Record) -> None:
    inject(fault, testbed, record_property)


@pytest.mark.faults
@pytest.mark.parametrize("fault", OTHERS, ids=str)
def test_keeps_the_invariants_when_it_takes_longer(
    fault: Fault, private_testbed: Testbed, record_property: Record
) -> None:
    inject(fault, private_testbed, record_property)


def inject(fault: Fault, testbed: Testbed, record_property: Record) -> None:
    """Inject a fault, repair it, deliver the rest, and check the invariants."""
    testbed.begin(random_for(fault.name))

    fault.inject(testbed)
    testbed.finish()

    report = check_invariants(testbed)
    record_property(ROW, (fault.name, fault.description, *report.counts))
    assert report.is_clean, report
    assert report.events
