"""Numbers as people and other systems write them: with the digits 0 to 9, and no underscore.

Python reads more: 1_0 is 10 to it, and so are Arabic-Indic or fullwidth digits.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation


def is_written_plainly(text: str) -> bool:
    """Whether a text has no underscore and no digits but 0 to 9.

    >>> is_written_plainly("1,234.50"), is_written_plainly("1_234")
    (True, False)
    """
    return "_" not in text and all(each.isascii() or not each.isdecimal() for each in text)


def read_decimal(value: Decimal | int | str) -> Decimal:
    """Read a number; a text that is none, or not written plainly, is an InvalidOperation.

    >>> read_decimal("12.50")
    Decimal('12.50')
    """
    if isinstance(value, str) and not is_written_plainly(value):
        raise InvalidOperation
    return Decimal(value)
