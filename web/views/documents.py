"""What the screens of quotes, orders and invoices share."""

from __future__ import annotations

import datetime as dt
import uuid
from http import HTTPStatus
from typing import Any, TypeVar

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext

from crm.models import OwnedQuerySet
from sales.models import AnyDocument, Invoice, Order, Quote, kind_of
from sales.services.documents.drafts import change_head
from web.http import RepRequest
from web.pages.documents import RELATED, document_context, read_lines
from web.screens import FormScreen

DocumentT = TypeVar("DocumentT", Quote, Order, Invoice)


def find_document(
    request: RepRequest, records: OwnedQuerySet[DocumentT], pk: uuid.UUID, *more: str
) -> DocumentT:
    """Find a document the person may see, with what its page needs."""
    visible = records.visible_to(request.user).select_related(*RELATED, *more)
    document: DocumentT = get_object_or_404(visible, pk=pk)
    return document


def show_document(
    request: RepRequest, document: AnyDocument, template: str, problem: str, **more: Any
) -> HttpResponse:
    """Show a document's page, with the reason when a deed was refused."""
    lines, drifts = more.pop("lines", None), more.pop("drifts", ())
    context = {
        **document_context(document, read_lines(document) if lines is None else lines, drifts),
        "editable": may_edit(request, document),
        "problem": problem,
        **more,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return render(request, template, context, status=status)


def may_edit(request: RepRequest, document: AnyDocument) -> bool:
    """Tell whether the person may type into the document's lines now."""
    right = kind_of(document).change_permission
    return document.is_draft and not document.bills_order and request.user.has_perm(right)


def locked_reason(document: AnyDocument) -> str:
    """Say why an issued document is not edited."""
    return gettext("%(document)s is %(status)s; only drafts are edited.") % {
        "document": document,
        "status": document.get_status_display(),
    }


class DocumentNew(FormScreen[DocumentT]):
    """Start a draft; the terms come from the account."""

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


class HeadEdit(FormScreen[DocumentT]):
    """Edit the head of a draft."""

    def why_not(self, record: DocumentT) -> str:
        """Only drafts are edited."""
        if record.bills_order:
            return gettext("This draft bills an order; its head is the order's.")
        return "" if record.is_draft else locked_reason(record)

    def make_form(self, record: DocumentT, data: Any = None) -> Any:
        """Build the form; it offers only what the person may see."""
        return self.form_class(data, instance=record, user=self.person)

    def save(self, form: Any) -> DocumentT:
        """Keep the changed fields; the figures follow."""
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        saved: DocumentT = change_head(form.instance, actor=self.person, **changed)
        return saved


def in_thirty_days() -> dt.date:
    """Return the day until which an offer stands unless somebody says otherwise."""
    return timezone.localdate() + dt.timedelta(days=30)
