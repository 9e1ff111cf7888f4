"""Tolerances of connections: by how much the figures of an external system may differ."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from common.errors import DomainError
from common.numbers import read_decimal
from common.sentences import sentence as _


class InvalidConnection(DomainError):
    """A setting of a connection is not valid."""

    code = "invalid_connection"


TOLERATED = ("invoice_tax", "invoice_total")
"""The figures for which ``config`` may say by how much they may differ."""


def read_tolerance(connection: object, config: Any, kind: str) -> Decimal:
    """Return the tolerance of a kind of figure: one amount for all, or one for each kind."""
    given = config.get("tolerance", 0) if isinstance(config, dict) else 0
    value = given.get(kind, 0) if isinstance(given, dict) else given
    try:
        amount = read_decimal(str(value))
    except InvalidOperation:
        amount = Decimal(-1)
    if amount.is_finite() and amount >= 0:
        return amount
    raise InvalidConnection(
        _(
            "The tolerance of %(connection)s is “%(value)s”: "
            "write an amount like 0.01, or one for each of %(kinds)s.",
            connection=connection,
            value=value,
            kinds=", ".join(TOLERATED),
        ),
        field="config",
    )
