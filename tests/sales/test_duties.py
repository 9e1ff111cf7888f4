"""Duties of other systems: we do what no connection does for a company."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from common.errors import DomainError
from crm.actors import Actor, System
from sales.models import Company
from sales.services.documents.duties import (
    refuse_if_billed_elsewhere,
    refuse_if_shipped_elsewhere,
)
from sales.services.errors import BilledElsewhere, ShippedElsewhere

Refuse = Callable[[Company, Actor], None]
DUTIES: list[tuple[str, Refuse, type[DomainError], str]] = [
    (
        "shipped_by",
        refuse_if_shipped_elsewhere,
        ShippedElsewhere,
        "“scm” ships the orders of Throughline: record shipments and returns there.",
    ),
    (
        "billed_by",
        refuse_if_billed_elsewhere,
        BilledElsewhere,
        "“scm” bills the orders of Throughline: invoice and credit them there.",
    ),
]


@pytest.mark.parametrize(("column", "refuse", "error", "sentence"), DUTIES)
@pytest.mark.parametrize("actor", [System("Throughline"), System("Warehouse", "warehouse")])
def test_refuses_whoever_is_not_the_system_that_does_it(
    column: str, refuse: Refuse, error: type[DomainError], sentence: str, actor: System
) -> None:
    with pytest.raises(error) as refused:
        refuse(Company(name="Throughline", **{column: "scm"}), actor)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(("column", "refuse", "error", "sentence"), DUTIES)
def test_lets_that_system_do_it_and_anybody_where_none_does(
    column: str, refuse: Refuse, error: type[DomainError], sentence: str
) -> None:
    refuse(Company(name="Throughline", **{column: "scm"}), System("SCM", "scm"))
    refuse(Company(name="Throughline"), System("Warehouse", "warehouse"))
    refuse(Company(name="Throughline"), System("Throughline"))
