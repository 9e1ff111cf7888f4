"""Identified orders: of what was read, the orders that have an identity and can be kept.

One that cannot be is set aside with its reason, so that it does not stop those beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rest_framework import serializers

from common.direction_marks import strip_controls
from common.json_reading import find_unstorable
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.connectors import ChangesPage
from fulfilment.inbound.schemas import DEEPEST
from fulfilment.inbound.supply_schemas import SupplyIdentitySchema

IDENTITY = SupplyIdentitySchema()
ENVELOPE = 2
"""Levels of the message that an order is written as, above the order."""


def find_problem(order: Mapping[str, Any]) -> Sentence | None:
    """Say why an order has no identity, or cannot be kept; None if it can."""
    if problem := find_unstorable(order, DEEPEST - ENVELOPE):
        return problem
    try:
        IDENTITY.run_validation(dict(order))
    except serializers.ValidationError as error:
        return _("Its “%(field)s” is missing or wrong.", field=next(iter(error.detail)))
    return None


def without_controls(order: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an order without characters that turn the direction of writing."""
    kept: Mapping[str, Any] = strip_controls(dict(order))
    return kept


def set_apart(page: ChangesPage) -> ChangesPage:
    """Return a page with those of its orders apart without an identity, or that cannot be kept."""
    problems = [find_problem(each) for each in page.orders]
    pairs = list(zip(page.orders, problems, strict=True))
    return replace(
        page,
        orders=[without_controls(order) for order, problem in pairs if problem is None],
        unidentified=[(order, problem) for order, problem in pairs if problem is not None],
    )
