"""Constraints that several tables have, as conditions of the database with their sentences."""

from __future__ import annotations

from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _


def dates_in_order(first: str, last: str, *, name: str) -> CheckConstraint:
    """Make the constraint that a period does not end before it begins; both ends may be open."""
    either_open = Q(**{f"{first}__isnull": True}) | Q(**{f"{last}__isnull": True})
    return CheckConstraint(
        condition=either_open | Q(**{f"{first}__lte": F(last)}),
        name=name,
        violation_error_message=_("It would end before it begins."),
    )


def discount_is_a_rate(*, name: str) -> CheckConstraint:
    """Make the constraint that ``discount_rate`` is a fraction or unknown."""
    return CheckConstraint(
        condition=Q(discount_rate__isnull=True) | Q(discount_rate__gte=0, discount_rate__lte=1),
        name=name,
        violation_error_message=_("Give the rate as a fraction: 0.1 is 10 %%."),
    )


def exchange_rate_positive(column: str, *, name: str) -> CheckConstraint:
    """Make the constraint that an exchange rate is above zero."""
    return CheckConstraint(
        condition=Q(**{f"{column}__gt": 0}),
        name=name,
        violation_error_message=_("Give an exchange rate above 0, such as 1.1."),
    )
