"""Looks of document kinds: one record per kind of document with all that pages show differently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from sales.models.document_kinds import INVOICE, ORDER, QUOTE, DocumentKind
from web.chips.documents import invoice_chip, order_chip, quote_chip
from web.display import Chip, StrOrPromise


@dataclass(frozen=True, slots=True)
class DocumentStyle:
    """How one kind of document looks among others: in lists, in the menu and in notices."""

    icon: str
    chip: Callable[[Any], Chip]
    takes_todays_figures: StrOrPromise
    """When a draft takes the figures of the day."""

    prefetched: tuple[str, ...] = ()
    """What its chip reads of other records, the company aside."""

    def read(self, documents: QuerySet[Any]) -> QuerySet[Any]:
        """Read with documents what their numbers and chips need, newest first."""
        related = documents.select_related("company").prefetch_related(*self.prefetched)
        return related.order_by("-id")


STYLES: dict[DocumentKind, DocumentStyle] = {
    ORDER: DocumentStyle(
        "clipboard-check",
        order_chip,
        _("The order is submitted at today's figures; any change of it takes them too."),
    ),
    INVOICE: DocumentStyle(
        "receipt",
        invoice_chip,
        _("The invoice is issued at today's figures; any change of it takes them too."),
        prefetched=("instalments",),
    ),
    QUOTE: DocumentStyle(
        "file-text",
        quote_chip,
        _("The quote is activated at today's figures; any change of it takes them too."),
    ),
}
"""In the order in which a search lists them."""
