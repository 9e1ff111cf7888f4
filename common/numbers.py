"""Numbers as people and other systems write them: with the digits 0 to 9, and no underscore.

Python reads more: 1_0 is 10 to it, and so are Arabic-Indic or fullwidth digits.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy as _

NO_EXPONENT = _("Write all digits of the number, without an exponent: 100000, not 1e5.")

EXPONENT = re.compile(r"[0-9][.,]?[eE][+-]?[0-9]")


def is_written_plainly(text: str) -> bool:
    """Whether a text has no underscore and no digits but 0 to 9.

    >>> is_written_plainly("1,234.50"), is_written_plainly("1_234")
    (True, False)
    """
    return "_" not in text and all(each.isascii() or not each.isdecimal() for each in text)


def has_exponent(text: str) -> bool:
    """Whether a text is a number with an exponent, which people type by mistake.

    >>> has_exponent("1e5"), has_exponent("100,000")
    (True, False)
    """
    return EXPONENT.search(text) is not None


def read_decimal(value: Decimal | int | str) -> Decimal:
    """Read a number; a text that is none, or not written plainly, is an InvalidOperation.

    >>> read_decimal("12.50")
    Decimal('12.50')
    """
    if isinstance(value, str) and not is_written_plainly(value):
        raise InvalidOperation
    return Decimal(value)
