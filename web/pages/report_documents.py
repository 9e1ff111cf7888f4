"""Documents that reports of external systems are about: their facts and their owners."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext

from sales.models import AnyDocument, Invoice, Order
from web.display import Fact, Link
from web.record_urls import record_url

Owners = Mapping[uuid.UUID | None, str]
"""Who owns each document."""


def document_of(key: uuid.UUID | None) -> AnyDocument | None:
    """Find the order or invoice with an id."""
    for model in (Order, Invoice):
        found: AnyDocument | None = (
            model._default_manager.filter(pk=key).select_related("owner").first()
        )
        if found is not None:
            return found
    return None


def document_facts(document: AnyDocument | None) -> list[Fact]:
    """Name the document and its owner, as far as it is known."""
    if document is None:
        return [Fact(gettext("Document"), "–")]
    return [
        Fact(gettext("Document"), Link(str(document), record_url(document))),
        Fact(gettext("Owner"), document.owner),
    ]


def owners_of(keys: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """Return who owns these orders and invoices; two statements."""
    wanted = [key for key in keys if key is not None]
    found: dict[uuid.UUID | None, str] = {}
    for model in (Order, Invoice):
        owned = model._default_manager.filter(pk__in=wanted).select_related("owner")
        found |= {each.pk: str(each.owner) for each in owned}
    return found
