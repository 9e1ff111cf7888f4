"""Today's figures of a draft: those at which it would be issued now, shown before it is.

A draft keeps the figures of its last change. Where nothing was agreed before, issuing it takes the
tax rates and promotion codes of the day: pages show what that comes to, and approvals are about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from django.utils.translation import gettext

from common.errors import StaleVersion
from common.formatting import format_money
from sales.models import AnyDocument, DocumentLine, Invoice
from sales.pricing.errors import PricingError
from sales.services.documents.content_hash import hash_values
from sales.services.documents.totals import HEAD_FIGURES, price_today, reprice
from sales.services.prices.promotion_discounts import ReadUse, promotions_of

Kind = TypeVar("Kind", bound=AnyDocument)
LineT = TypeVar("LineT", bound=DocumentLine)

LINE_FIGURES = ("pk", "quantity", "net", "tax_rate", "tax")


@dataclass(frozen=True, slots=True)
class RateChange:
    """A line whose tax rate is another one today; fractions, None where no rate is known."""

    description: str
    before: Decimal | None
    today: Decimal | None


@dataclass(frozen=True, slots=True)
class TodaysFigures(Generic[Kind, LineT]):
    """A document and its lines as they would be issued today: copies that are never saved."""

    document: Kind
    lines: Sequence[LineT]
    total_before: Decimal
    """What the stored document comes to."""
    rate_changes: Sequence[RateChange] = ()

    @property
    def changed(self) -> bool:
        """Whether issuing the document would change its figures."""
        return bool(self.rate_changes) or self.document.total != self.total_before

    @property
    def seen(self) -> str:
        """The hash that a page sends along when the document is issued as it is shown."""
        return hash_figures(self.document, self.lines)


def takes_todays_rates(document: AnyDocument) -> bool:
    """Whether issuing the draft takes the rates of the day: where nothing was agreed before."""
    if isinstance(document, Invoice) and document.takes_agreed_figures:
        return False
    return document.is_draft and not document.prices_locked


def todays_figures(
    document: Kind, lines: Sequence[LineT], uses: Sequence[ReadUse] | None = None
) -> TodaysFigures[Kind, LineT]:
    """Work out at which figures a document would be issued now; saves nothing.

    One statement reads the promotion codes unless ``uses`` are given, two the tax rates of lines
    that were not read with them. What cannot be priced keeps its figures: issuing it says why.
    """
    if not takes_todays_rates(document):
        return TodaysFigures(document, lines, document.total)
    priced, copies = copy(document), [copy(line) for line in lines]
    codes = [copy(use) for use in (promotions_of(document) if uses is None else uses)]
    try:
        price_today(priced, copies, codes)
    except PricingError:
        return TodaysFigures(document, lines, document.total)
    changes = [
        RateChange(line.description, line.tax_rate, new.tax_rate)
        for line, new in zip(lines, copies, strict=True)
        if line.counts and line.tax_rate != new.tax_rate
    ]
    return TodaysFigures(priced, copies, document.total, changes)


def price_to_issue(document: AnyDocument, lines: Sequence[DocumentLine], seen: str) -> None:
    """Put today's figures on a draft that is issued; refused if others were seen.

    ``seen`` is the hash of the figures somebody looked at; empty where nobody did.
    """
    if takes_todays_rates(document):
        reprice(document, lines)
    if seen and seen != hash_figures(document, lines):
        raise StaleVersion(
            gettext(
                "%(document)s has changed since you opened it, or a tax rate or promotion code "
                "has: it comes to %(total)s now. Look at it again first."
            )
            % {"document": document, "total": format_money(document.total, document.currency)}
        )


def hash_figures(document: AnyDocument, lines: Sequence[DocumentLine]) -> str:
    """Hash the figures of a document that is about to be issued (SHA-256)."""
    head = [getattr(document, name) for name in HEAD_FIGURES]
    return hash_values(
        [*head, *([getattr(line, name) for name in LINE_FIGURES] for line in lines if line.counts)]
    )
