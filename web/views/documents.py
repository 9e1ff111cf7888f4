"""Base of the views of quotes, orders and invoices, with one entry per kind of document."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from sales.models import AnyDocument, Invoice, Order, Quote, kind_by_url_word, kind_of
from sales.services.documents.drafts import change_head
from web.http import RepRequest
from web.pages import documents, invoices, orders, payments, quotes
from web.pages.documents import DocumentPage, no_edit_reason
from web.rendering import render_record
from web.screens import FormScreen

DocumentT = TypeVar("DocumentT", Quote, Order, Invoice)


@dataclass(frozen=True, slots=True)
class DocumentView:
    """How one kind of document is read and shown."""

    build: Callable[..., DocumentPage]
    template: str
    related: tuple[str, ...]
    prefetched: tuple[str, ...] = ()
    annotations: Mapping[str, Any] = field(default_factory=dict)


VIEWS: dict[type[AnyDocument], DocumentView] = {
    Quote: DocumentView(
        quotes.quote_page,
        "quotes/detail.html",
        quotes.RELATED,
        annotations={"has_opportunity_lines": quotes.has_opportunity_lines()},
    ),
    Order: DocumentView(orders.order_page, "orders/detail.html", orders.RELATED),
    Invoice: DocumentView(
        invoices.invoice_page,
        "invoices/detail.html",
        invoices.RELATED,
        prefetched=("instalments",),
        annotations={"customer_credit": payments.customer_credit()},
    ),
}


def find_document(request: RepRequest, model: type[DocumentT], pk: uuid.UUID) -> DocumentT:
    """Find a document the person may see, with what its page shows of other records."""
    view = VIEWS[model]
    found = (
        model._default_manager.all()
        .visible_to(request.user)
        .select_related(*documents.RELATED, *view.related)
        .prefetch_related(*view.prefetched)
        .annotate(**view.annotations)
    )
    document: DocumentT = get_object_or_404(found, pk=pk)
    return document


def find_by_url_word(request: RepRequest, kind: str, pk: uuid.UUID) -> AnyDocument:
    """Find a document of the kind that a URL names: ``orders``."""
    model: Any = kind_by_url_word(kind).model
    document: AnyDocument = find_document(request, model, pk)
    return document


def find_to_change(request: RepRequest, kind: str, pk: uuid.UUID) -> AnyDocument:
    """Find a document of the kind that a URL names, if the person may change it."""
    document = find_by_url_word(request, kind, pk)
    if not request.user.has_perm(kind_of(document).change_permission):
        raise Http404
    return document


def show_document(
    request: RepRequest, document: AnyDocument, *, problem: str = "", **more: Any
) -> HttpResponse:
    """Show a document's page, with the reason when an action was refused."""
    view = VIEWS[type(document)]
    page = view.build(document, request.user, problem=problem, **more)
    return render_record(request, view.template, page)


class DocumentNew(FormScreen[DocumentT]):
    """Start a draft; the terms come from the account."""

    draft: ClassVar[Callable[..., Any]]
    """The service that drafts such a document."""

    def prepare(self, record: DocumentT) -> None:
        """A new document belongs to whoever makes it."""
        record.owner = self.person

    def initial(self) -> dict[str, Any]:
        """Start with the account, contact and opportunity one came from."""
        known = ("account", "contact", "opportunity", "name")
        return {name: self.request.GET[name] for name in known if name in self.request.GET}

    def make_form(self, record: DocumentT, data: Any = None) -> Any:
        """Build the form; it offers only what the person may see."""
        return self.form_class(data, instance=record, initial=self.initial(), user=self.person)

    def save(self, form: Any) -> DocumentT:
        """Draft the document on the account's terms."""
        fields = {**form.cleaned_data, "currency": form.cleaned_data["currency"] or None}
        drafted: DocumentT = type(self).draft(actor=self.person, id=form.instance.pk, **fields)
        return drafted


class HeadEdit(FormScreen[DocumentT]):
    """Edit the head of a draft."""

    def refusal_reason(self, record: DocumentT) -> str:
        """Return why the service would refuse; empty when the head can be edited."""
        return no_edit_reason(record)

    def make_form(self, record: DocumentT, data: Any = None) -> Any:
        """Build the form; it offers only what the person may see."""
        return self.form_class(data, instance=record, user=self.person)

    def save(self, form: Any) -> DocumentT:
        """Keep the changed fields; the figures follow."""
        saved: DocumentT = change_head(form.instance, actor=self.person, **form.changes())
        return saved


def in_thirty_days() -> dt.date:
    """Return the day until which an offer stands unless another day is given."""
    return timezone.localdate() + dt.timedelta(days=30)
