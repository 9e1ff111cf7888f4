"""Base classes of the admin pages of quotes, orders and invoices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin
from django.db import models, transaction
from django.http import HttpRequest

from common.errors import DomainError, SeveralErrors
from crm.admin.base import CustomFieldsAdmin, ReadOnlyAdmin, RecordT, person
from crm.forms import CustomFieldsForm
from crm.models import User
from sales.services.documents.drafts import change_head

EDITABLE = (
    "name",
    "contact",
    "customer_reference",
    "price_list",
    "payment_terms",
    "tax_zone",
    "prices_include_tax",
    "discount_rate",
    "discount_amount",
    "freight",
    "notes",
)
"""Fields of a draft's head that can be edited here."""

SHOWN = (
    "number",
    "status",
    "version",
    "account",
    "company",
    "owner",
    "team",
    "currency",
    "exchange_rate",
    "exchange_rate_on",
    "rounding",
    "discount_method",
    "detail",
    "discount",
    "tax",
    "total",
    "billing_address",
    "shipping_address",
    "created_by",
    "created_at",
    "updated_at",
)
"""Fields that are computed, or set once."""


class HeadForm(CustomFieldsForm):
    """The head of a draft; a refusal of the service is shown beside its field."""

    actor: ClassVar[User]
    asks_for_all = False

    def clean(self) -> dict[str, Any]:
        """Try the change and undo it, so that a refusal is shown before anything is saved."""
        cleaned = super().clean()
        if self.errors or not self.changed_data:
            return cleaned
        refusal = _refusal(lambda: change_head(self.instance, **self.changes(cleaned)))
        for reason in _reasons(refusal):
            self.add_error(reason.field if reason.field in self.fields else None, str(reason))
        return cleaned

    def changes(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """Return what was changed, and who changes it."""
        changed = {name: cleaned[name] for name in self.changed_data if name in cleaned}
        return {"actor": self.actor, **changed}


class DocumentAdmin(CustomFieldsAdmin[RecordT]):
    """Pages of documents: read, edited as drafts, moved on by actions."""

    form = HeadForm
    list_display: Any = (
        "__str__",
        "name",
        "account",
        "status",
        "total",
        "currency",
        "owner",
    )
    list_filter: ClassVar[Any] = ("status", "currency", "team")
    list_select_related: ClassVar[Any] = ("account", "owner")
    search_fields: ClassVar[Any] = ("number", "name", "account__name", "customer_reference")
    autocomplete_fields: ClassVar[Any] = ("contact", "price_list", "payment_terms", "tax_zone")
    date_hierarchy: ClassVar[Any] = "created_at"
    own_columns: ClassVar[tuple[str, ...]] = ()
    shown: ClassVar[tuple[str, ...]] = SHOWN

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Documents are started on their own pages, on the terms of their account."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts are edited."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Documents are cancelled, not deleted."""
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """List editable fields first."""
        return (*EDITABLE, *self.own_columns, *self.shown)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """List the fields that are computed."""
        return (*super().get_readonly_fields(request, obj), *self.shown)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Build the form with the person who uses it."""
        form = super().get_form(request, obj, change, **kwargs)
        form.actor = person(request)
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Change the head through the service."""
        if form.changed_data:
            change_head(obj, **form.changes(form.cleaned_data))


class LineInline(ReadOnlyAdmin, admin.TabularInline[Any, Any]):
    """A document's lines; they are edited on its own page, where prices follow."""

    fields: ClassVar[tuple[str, ...]] = (
        "position",
        "kind",
        "sku",
        "description",
        "quantity",
        "unit",
        "unit_price",
        "price_quantity",
        "volume_discount",
        "discount",
        "net",
        "tax",
        "gross",
    )
    readonly_fields: ClassVar[tuple[str, ...]] = fields
    extra = 0

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Read the lines with their units."""
        return super().get_queryset(request).select_related("unit")


class _Undo(Exception):
    """Rolls back a change that was only tried."""


def _refusal(action: Callable[[], object]) -> DomainError | None:
    """Try an action, undo it, and return its refusal, if there is one."""
    try:
        with transaction.atomic():
            action()
            raise _Undo
    except _Undo:
        return None
    except DomainError as error:
        return error


def _reasons(refusal: DomainError | None) -> tuple[DomainError, ...]:
    if refusal is None:
        return ()
    return refusal.errors if isinstance(refusal, SeveralErrors) else (refusal,)
