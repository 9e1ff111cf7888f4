"""Refusals of an order's ledger: more is asked for ahead than is left of the order."""

from __future__ import annotations

from decimal import Decimal

from common.sentences import Amount, Percentage
from common.sentences import sentence as _
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount
from sales.pricing.quantities import round_down

SMALLEST_SHARE = Decimal("0.0001")
"""Refusals name shares in hundredths of a percent."""


def refuse_ahead(amount: Decimal, left: Decimal, currency: str) -> None:
    """Refuse to ask for an amount, tax included, of which less is left, or for nothing.

    Raises InvalidAmount for nothing, AmountExceedsOpen for more than is left.
    """
    if left <= 0:
        raise AmountExceedsOpen(
            _("Nothing is left to ask for: all of it is billed or asked for ahead."),
            field="amount",
        )
    if amount <= 0:
        raise InvalidAmount(_("Give an amount above zero."), field="amount")
    if amount > left:
        raise AmountExceedsOpen(
            _(
                "Only %(left)s can still be asked for: give that amount at most.",
                left=Amount(left, currency),
            ),
            field="amount",
        )


def exceeds_share(share: Decimal, left: Decimal, currency: str) -> AmountExceedsOpen:
    """Say what share is left, or what amount where that is next to nothing."""
    percentage = round_down(share, SMALLEST_SHARE)
    return AmountExceedsOpen(
        _(
            "Only %(left)s can still be asked for: give that at most.",
            left=Percentage(percentage) if percentage > 0 else Amount(left, currency),
        ),
        field="rate",
    )


def exceeds_order(whole: Decimal, left: Decimal, currency: str) -> AmountExceedsOpen:
    """Say what can still be asked for, where a draft of ``whole`` asks for more."""
    if left <= 0:
        return AmountExceedsOpen(
            _("Nothing is left to ask for: delete this draft."), field="amount"
        )
    return AmountExceedsOpen(
        _(
            "Only %(left)s can still be asked for, and this draft asks for %(whole)s: delete it, "
            "and ask for less.",
            left=Amount(left, currency),
            whole=Amount(whole, currency),
        ),
        field="amount",
    )
