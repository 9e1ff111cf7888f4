"""Line kinds: one record per kind of document line with all that differs between them.

Whoever asks what may be done with a line asks its kind's record; a new kind is one more entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from django.db import models
from django.utils.translation import gettext_lazy as _


class LineKind(models.TextChoices):
    """The kinds of lines."""

    PRODUCT = "product", _("Product")
    WRITE_IN = "write_in", _("Write-in")
    DEDUCTION = "deduction", _("Trade-in or rebate")
    SECTION = "section", _("Section")
    NOTE = "note", _("Note")
    DOWN_PAYMENT = "down_payment", _("Down payment")
    FREIGHT = "freight", _("Freight asked ahead")


class Sign(Enum):
    """On which side of zero the figures of a line are."""

    NOTHING = 0
    ABOVE = 1
    BELOW = -1
    EITHER = 2


@dataclass(frozen=True, slots=True)
class LineFacts:
    """The facts of a kind of line."""

    sign: Sign
    is_sold: bool = False
    """Goods or a service: counted in units, discounted, and freight goes with it."""

    is_ahead: bool = False
    """Money asked ahead of the goods, or its deduction; only invoices have such lines."""

    is_taxed: bool = True

    @property
    def is_text(self) -> bool:
        """A section or a note: text without a price."""
        return self.sign == Sign.NOTHING

    @property
    def is_deduction(self) -> bool:
        """A trade-in or a rebate: counted in money, and taken off what is sold."""
        return self.sign == Sign.BELOW


FACTS: Mapping[str, LineFacts] = {
    LineKind.PRODUCT: LineFacts(Sign.ABOVE, is_sold=True),
    LineKind.WRITE_IN: LineFacts(Sign.ABOVE, is_sold=True),
    LineKind.DEDUCTION: LineFacts(Sign.BELOW),
    LineKind.SECTION: LineFacts(Sign.NOTHING, is_taxed=False),
    LineKind.NOTE: LineFacts(Sign.NOTHING, is_taxed=False),
    LineKind.DOWN_PAYMENT: LineFacts(Sign.EITHER, is_ahead=True),
    LineKind.FREIGHT: LineFacts(Sign.EITHER, is_ahead=True, is_taxed=False),
}


def kinds_where(holds: Callable[[LineFacts], bool]) -> tuple[LineKind, ...]:
    """Return the kinds whose facts fit, for queries and constraints."""
    return tuple(kind for kind in LineKind if holds(FACTS[kind]))


TEXTS = kinds_where(lambda facts: facts.is_text)
SOLD = kinds_where(lambda facts: facts.is_sold)
DEDUCTIONS = kinds_where(lambda facts: facts.is_deduction)
AHEAD = kinds_where(lambda facts: facts.is_ahead)
