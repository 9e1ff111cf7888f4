"""Documents that reports of external systems are about: their facts and their owners."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from django.db.models import Q
from django.utils.translation import gettext

from sales.models import AnyDocument
from sales.models.document_kinds import REPORTED_KINDS
from web.display import Fact, Link
from web.record_urls import record_url

DocumentKey = uuid.UUID | str
"""The id of a document, or its number where a message only names it."""
Owners = Mapping[DocumentKey, str]
"""Who owns each document."""


def document_of(key: uuid.UUID | None, name: str = "") -> AnyDocument | None:
    """Find the order or invoice with an id; without one, that with a number."""
    wanted = Q(number=name) if key is None else Q(pk=key)
    for kind in REPORTED_KINDS:
        found: AnyDocument | None = (
            kind.model._default_manager.filter(wanted).select_related("owner").first()
        )
        if found is not None:
            return found
    return None


def document_facts(document: AnyDocument | None) -> list[Fact]:
    """Name the document and its owner; back office owns what names none of ours."""
    if document is None:
        return [
            Fact(gettext("Document"), "–"),
            Fact(gettext("Owner"), owner_without_document()),
        ]
    return [
        Fact(gettext("Document"), Link(str(document), record_url(document))),
        Fact(gettext("Owner"), document.owner),
    ]


def owner_without_document() -> str:
    """Name who looks after a message that names no document of ours."""
    return gettext("Back office")


def owners_of(keys: Iterable[DocumentKey]) -> dict[DocumentKey, str]:
    """Return who owns these orders and invoices, by their ids and numbers; two statements."""
    named = set(keys)
    ids = [key for key in named if isinstance(key, uuid.UUID)]
    numbers = [key for key in named if isinstance(key, str)]
    found: dict[DocumentKey, str] = {}
    for kind in REPORTED_KINDS:
        wanted = kind.model._default_manager.filter(Q(pk__in=ids) | Q(number__in=numbers))
        for each in wanted.select_related("owner"):
            found |= dict.fromkeys((each.pk, each.number or ""), str(each.owner))
    return found
