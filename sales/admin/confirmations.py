"""Confirmation of admin actions that issue documents: what each would be issued at today."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from common.formatting import format_money, format_quantity, format_rate
from crm.admin.base import RecordAdmin, person
from crm.models import User
from sales.models import AnyDocument, DocumentLine, Invoice, Order, Quote
from sales.services.documents.todays_figures import todays_figures
from sales.services.prices.pricing_input import lines_of

Kind = TypeVar("Kind", Quote, Order, Invoice)

CONFIRMED = "confirmed"
TEMPLATE = "documents/confirm_in_admin.html"
NOTHING_SEEN = "nothing"
"""What stands for the figures of a document that was not on the page: it is never issued."""


class IssueService(Protocol):
    """A use case that issues a document at the figures that were seen."""

    def __call__(self, pk: UUID, /, *, actor: User, seen: str) -> object:
        """Issue it."""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One line with its figures of today."""

    description: str
    quantity: str
    net: str
    tax_rate: str
    tax: str


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document with the figures at which it would be issued now, and their hash."""

    id: str
    name: str
    account: str
    lines: Sequence[ShownLine]
    total: str
    total_before: str
    """What it came to when it was changed last; empty where that is the same."""
    seen: str

    @property
    def seen_name(self) -> str:
        """The input that posts the hash."""
        return _seen_name(self.id)


def issue_each(
    admin: RecordAdmin[Any],
    request: HttpRequest,
    documents: Iterable[Any],
    service: IssueService,
    *,
    action: str,
    heading: str,
    done: str,
) -> HttpResponse | None:
    """Show what is to be issued; once that is confirmed, issue each at the figures shown."""
    if CONFIRMED not in request.POST:
        return _ask(admin, request, documents, action, heading)
    actor = person(request)

    def issue(document: AnyDocument) -> object:
        seen = request.POST.get(_seen_name(str(document.pk)), NOTHING_SEEN)
        return service(document.pk, actor=actor, seen=seen)

    admin.do_each(request, documents, issue, done)
    return None


def _ask(
    admin: RecordAdmin[Any],
    request: HttpRequest,
    documents: Iterable[Any],
    action: str,
    heading: str,
) -> HttpResponse:
    context = {
        **admin.admin_site.each_context(request),
        "title": heading,
        "opts": admin.model._meta,
        "documents": [_shown(document) for document in documents],
        "action": action,
        "checkbox": ACTION_CHECKBOX_NAME,
        "confirmed": CONFIRMED,
    }
    return TemplateResponse(request, TEMPLATE, context)


def _shown(document: Kind) -> ShownDocument:
    today = todays_figures(document, lines_of(document))
    currency = document.currency
    before = format_money(today.total_before, currency) if today.changed else ""
    return ShownDocument(
        id=str(document.pk),
        name=f"{document}: {document.name}",
        account=str(document.account),
        lines=[_shown_line(line, currency) for line in today.lines if line.counts],
        total=format_money(today.document.total, currency),
        total_before=before,
        seen=today.seen,
    )


def _shown_line(line: DocumentLine, currency: str) -> ShownLine:
    return ShownLine(
        description=line.description,
        quantity=format_quantity(line.quantity),
        net=format_money(line.net, currency),
        tax_rate=format_rate(line.tax_rate),
        tax=format_money(line.tax, currency),
    )


def _seen_name(pk: str) -> str:
    return f"seen-{pk}"
