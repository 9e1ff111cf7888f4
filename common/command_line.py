"""Numbers among the options of a command, for ``type`` of ``add_argument``."""

from __future__ import annotations

from argparse import ArgumentTypeError

from common.numbers import is_written_plainly


def whole_number(text: str) -> int:
    """Read a whole number."""
    try:
        return int(_plain(text))
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a whole number.") from None


def seconds(text: str) -> float:
    """Read a number of seconds."""
    try:
        return float(_plain(text))
    except ValueError:
        raise ArgumentTypeError(f"“{text}” is not a number of seconds.") from None


def _plain(text: str) -> str:
    if not is_written_plainly(text):
        raise ValueError(text)
    return text
