"""Constraints of lines that follow from their kind, as conditions of the database."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import CheckConstraint, Q

from sales.models.line_kinds import AHEAD, DEDUCTIONS, SOLD, Sign, kinds_where

SUMS = ("base", "net", "tax")
CHARGES = ("charge_amount", "charge")
DISCOUNTS = ("volume_discount", "promotion_discount", "discount", "header_discount")


def on_their_side() -> Q:
    """Return the condition that the figures of a line are on its kind's side of zero."""
    return Q(quantity__gte=0) & reduce(or_, (_of_sign(sign) for sign in Sign))


def _of_sign(sign: Sign) -> Q:
    kinds = Q(kind__in=kinds_where(lambda facts: facts.sign == sign))
    above, below = _all(SUMS, "gte"), _all(SUMS, "lte")
    if sign == Sign.NOTHING:
        return kinds & above & below & _all((*DISCOUNTS, *CHARGES), "exact")
    if sign == Sign.EITHER:
        return kinds & (above | below) & _all((*DISCOUNTS, *CHARGES), "exact")
    if sign == Sign.BELOW:
        return kinds & below & _price("lte") & _all(CHARGES, "exact")
    return kinds & above & _price("gte") & _all((*DISCOUNTS, *CHARGES), "gte")


def _all(columns: tuple[str, ...], lookup: str) -> Q:
    return Q(**{f"{column}__{lookup}": 0 for column in columns})


def _price(lookup: str) -> Q:
    return Q(unit_price__isnull=True) | Q(**{f"unit_price__{lookup}": 0})


def deducted_whole() -> Q:
    """Return the condition that no discount is given on a deduction, and that it stands."""
    return ~Q(kind__in=DEDUCTIONS) | (
        _all(DISCOUNTS, "exact")
        & Q(discount_amount__isnull=True, discount_rate__isnull=True)
        & Q(product__isnull=True, is_optional=False)
    )


def never_charged(name: str) -> CheckConstraint:
    """Make the constraint that no line has a charge: only lines of orders are given one."""
    return CheckConstraint(condition=_all(CHARGES, "exact"), name=name)


def charged_as_ordered(name: str) -> CheckConstraint:
    """Make the constraint that a line has at most its part of the charge of an order's line."""
    ordered = Q(charge_amount=0) & (Q(charge=0) | Q(order_line__isnull=False))
    return CheckConstraint(condition=ordered, name=name)


def never_ahead(name: str) -> CheckConstraint:
    """Make the constraint that no line asks for money ahead: only invoices have such lines."""
    return CheckConstraint(condition=~Q(kind__in=AHEAD), name=name)


def only_sold_is_counted(name: str, columns: tuple[str, ...]) -> CheckConstraint:
    """Make the constraint that only what is sold is shipped and billed in units."""
    return CheckConstraint(condition=Q(kind__in=SOLD) | _all(columns, "exact"), name=name)
