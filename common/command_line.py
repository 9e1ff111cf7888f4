"""Numbers among the options of a command, for ``type`` of ``add_argument``."""

from __future__ import annotations

import math
from argparse import ArgumentTypeError

from common.numbers import is_written_plainly


def whole_number(text: str) -> int:
    """Read a whole number of 0 or more."""
    try:
        number = int(_plain(text))
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a whole number.") from None
    if number < 0:
        raise ArgumentTypeError(f"“{text}” is below 0: write a number of 0 or more.")
    return number


def seconds(text: str) -> float:
    """Read a number of seconds above 0."""
    try:
        number = float(_plain(text))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ArgumentTypeError(f"“{text}” is not a number of seconds.")
    if number <= 0:
        raise ArgumentTypeError(f"“{text}” is no time: write a number of seconds above 0.")
    return number


def _plain(text: str) -> str:
    if not is_written_plainly(text):
        raise ValueError(text)
    return text
