"""Refusals as people read them: the sentence, and links to what has to be done first."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext

from common.errors import DomainError, StaleVersion
from common.formatting import format_money
from fulfilment.services.discrepancies import AlreadyResolved
from sales.models import Invoice
from sales.services.errors import (
    BelowBilled,
    DownPaymentNotIssued,
    NothingLeft,
    QuantityBelowDone,
)
from web.display import Link, with_links

OVERTAKEN = (StaleVersion, AlreadyResolved)
"""Refusals because somebody else was faster, whatever was typed: answered 409."""


def refusal_text(error: DomainError) -> str:
    """Return why something was refused, with a link to each thing that is to be done instead."""
    links = _links(error)
    if not links:
        return str(error)
    return with_links(str(error), [Link(words, address) for address, words in links])


def _links(error: DomainError) -> list[tuple[str, str]]:
    """List the address and the words of each link."""
    if isinstance(error, BelowBilled):
        credit = gettext("Credit %(invoice)s")
        return [
            *(
                (reverse("sales:invoice-credit", args=[invoice.pk]), credit % {"invoice": invoice})
                for invoice in error.invoices
            ),
            *_draft_links(error.drafts),
        ]
    if isinstance(error, DownPaymentNotIssued | QuantityBelowDone):
        return _draft_links(error.drafts)
    if isinstance(error, NothingLeft):
        cancel = gettext("Cancel %(order)s") % {"order": error.order}
        return [(reverse("sales:order-cancel", args=[error.order.pk]), cancel)]
    return []


def _draft_links(drafts: Sequence[Invoice]) -> list[tuple[str, str]]:
    """Lead to drafts, which have no numbers, by what they come to."""
    words = gettext("Draft of %(amount)s")
    return [
        (
            reverse("sales:invoice-detail", args=[draft.pk]),
            words % {"amount": format_money(draft.total, draft.currency)},
        )
        for draft in drafts
    ]
