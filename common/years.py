"""Years that people and partners may enter."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST_YEAR, LAST_YEAR = 1900, 2199
OTHER_YEAR = _("%(field)s is a date between 1900 and 2199: correct the year.")


class YearValidator:
    """Refuses days and moments of years that nobody means, such as 0026 or 9999."""

    code = "year"

    def __init__(self) -> None:
        self.message = OTHER_YEAR

    def __call__(self, day: dt.date) -> None:
        """Refuse a day or a moment before or after those years."""
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise ValidationError(self.message, self.code)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, YearValidator)

    def __hash__(self) -> int:
        return hash(self.code)
