"""Refusals as people read them: the sentence, and links to what has to be done first."""

from __future__ import annotations

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext

from common.errors import DomainError
from sales.services.errors import CreditFirst


def refusal_text(error: DomainError) -> str:
    """Return why something was refused, with a link to each invoice that is to be credited."""
    if not isinstance(error, CreditFirst) or not error.invoices:
        return str(error)
    label = gettext("Credit %(invoice)s")
    links = format_html_join(
        " ",
        '<a href="{}">{}</a>',
        (
            (reverse("sales:invoice-credit", args=[invoice.pk]), label % {"invoice": invoice})
            for invoice in error.invoices
        ),
    )
    return format_html("{} {}", str(error), links)
