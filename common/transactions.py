"""Transactions that run again when PostgreSQL ended them in favour of another one."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext

T = TypeVar("T")

TRIES = 3
"""How often a transaction is run at most."""

PAUSE = (0.01, 0.1)
"""Between how many seconds it waits, at random, before it runs again: the other one ends first."""

SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"


def lost_to_another(error: Exception) -> bool:
    """Return whether PostgreSQL ended a transaction because of a deadlock or what others wrote."""
    state = getattr(error.__cause__, "sqlstate", None)
    return isinstance(error, OperationalError) and state in {SERIALIZATION_FAILURE, DEADLOCK}


def run_transaction(
    step: Callable[[], T], *, runs_again: Callable[[Exception], bool] = lost_to_another
) -> T:
    """Run a step in a transaction, and again as a whole while others keep it from its end.

    Inside another transaction it runs once: what locks that holds stays, so that is run again.
    Raises OperationalError when it failed ``TRIES`` times; nothing was changed then.
    """
    for remaining in reversed(range(1 if connection.in_atomic_block else TRIES)):
        try:
            with transaction.atomic():
                return step()
        except OperationalError as error:
            if not remaining or not runs_again(error):
                raise
        time.sleep(random.uniform(*PAUSE))  # noqa: S311  # no secret
    raise AssertionError("unreachable")


def busy_text() -> str:
    """Say that a transaction lost to another one each time it ran."""
    return gettext(
        "Somebody else changes the same documents at this moment. Nothing was changed: try again."
    )
