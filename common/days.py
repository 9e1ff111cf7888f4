"""Days and moments as other systems write them: by year, month and day, in the digits 0 to 9.

Python reads more: weeks such as 2026-W48-1, days without hyphens, and other digits.
"""

from __future__ import annotations

import datetime as dt
import re

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

MOMENT = re.compile(
    DAY.pattern + r"[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)


def read_day(text: str) -> dt.date:
    """Read a day; one that is written otherwise is a ValueError.

    >>> read_day("2026-11-30")
    datetime.date(2026, 11, 30)
    """
    if not DAY.fullmatch(text):
        raise ValueError(text)
    return dt.date.fromisoformat(text)


def is_moment(text: str) -> bool:
    """Whether a text is a day with a time, as RFC 3339 writes it.

    >>> is_moment("2026-11-30T09:30:00Z"), is_moment("2026-W48-1T09:30:00Z")
    (True, False)
    """
    return MOMENT.fullmatch(text) is not None
