"""Tolerances of connections: by how much the figures of an external system may differ."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from common.errors import DomainError
from common.sentences import sentence as _
from common.stored_sentences import printable


class InvalidConnection(DomainError):
    """A setting of a connection is not valid."""

    code = "invalid_connection"


TOLERATED = ("invoice_tax", "invoice_total")
"""The figures for which ``config`` may say by how much they may differ."""

LARGEST = Decimal(1_000_000)
AMOUNT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,5})?")
SHOWN = 60
"""So many characters of a wrong value are shown."""


def read_tolerance(connection: object, config: Any, kind: str) -> Decimal:
    """Return the tolerance of a kind of figure: one amount for all, or one for each kind."""
    given = config.get("tolerance", 0) if isinstance(config, dict) else 0
    return _amount(connection, given.get(kind, 0) if isinstance(given, dict) else given)


def check_tolerance(connection: object, given: Any) -> None:
    """Refuse what is neither an amount nor an amount for each figure that may differ."""
    amounts = given if isinstance(given, dict) else {"": given}
    for kind, value in amounts.items():
        if kind and kind not in TOLERATED:
            raise InvalidConnection(
                _(
                    "The tolerance of %(connection)s names “%(kind)s”: "
                    "write one amount, or one for each of %(kinds)s.",
                    connection=connection,
                    kind=shown(kind),
                    kinds=", ".join(TOLERATED),
                ),
                field="config",
            )
        _amount(connection, value)


def read_over_delivery(connection: object, config: Any) -> Decimal:
    """Return the fraction of what is ordered that may be delivered above it."""
    given = config.get("over_delivery", 0) if isinstance(config, dict) else 0
    rate = _number(given)
    if rate is None or rate > 1:
        raise InvalidConnection(
            _(
                "The over-delivery of %(connection)s is “%(value)s”: "
                "write a fraction from 0 to 1 with at most 5 decimals, such as 0.02 for 2 %%.",
                connection=connection,
                value=shown(given),
            ),
            field="config",
        )
    return rate


def check_over_delivery(connection: object, given: Any) -> None:
    """Refuse what is no fraction."""
    read_over_delivery(connection, {"over_delivery": given})


def shown(value: object) -> str:
    """Return the beginning of a wrong value as it can be shown."""
    return printable(str(value))[:SHOWN]


def _amount(connection: object, value: Any) -> Decimal:
    amount = _number(value)
    if amount is not None:
        return amount
    raise InvalidConnection(
        _(
            "The tolerance of %(connection)s is “%(value)s”: "
            "write an amount from 0 to %(most)s with at most 5 decimals, such as 0.01.",
            connection=connection,
            value=shown(value),
            most=LARGEST,
        ),
        field="config",
    )


def _number(value: Any) -> Decimal | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    text = format(Decimal(str(value)), "f") if is_number else value
    if isinstance(text, str) and AMOUNT.fullmatch(text) and Decimal(text) <= LARGEST:
        return Decimal(text)
    return None
