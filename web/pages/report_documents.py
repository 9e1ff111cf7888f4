"""Documents that reports of external systems are about: their facts and their owners."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext

from sales.models import AnyDocument
from sales.models.document_kinds import REPORTED_KINDS
from web.display import Fact, Link
from web.record_urls import record_url

Owners = Mapping[uuid.UUID | None, str]
"""Who owns each document."""


def document_of(key: uuid.UUID | None) -> AnyDocument | None:
    """Find the order or invoice with an id."""
    for kind in REPORTED_KINDS:
        found: AnyDocument | None = (
            kind.model._default_manager.filter(pk=key).select_related("owner").first()
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
    for kind in REPORTED_KINDS:
        owned = kind.model._default_manager.filter(pk__in=wanted).select_related("owner")
        found |= {each.pk: str(each.owner) for each in owned}
    return found
