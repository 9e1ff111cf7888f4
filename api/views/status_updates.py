"""Status updates: an ERP writes back the official numbers and figures of invoices."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api.inputs import Input, MoneyField, TextField, amount_in, read
from api.operations import writing
from api.permissions import partner_of
from api.problems import INVALID, pointers, status_of
from api.representations.schemas import UpdateResultsSchema
from api.views.base import PartnerView
from api.writes import Written, once
from common.errors import DomainError
from common.fields import LONGEST_REFERENCE
from crm.models import Partner
from sales.models import Invoice
from sales.services.documents.locks import lock_invoice
from sales.services.invoices import OfficialFigures, store_official

MOST_UPDATES = 100


class UpdateInput(Input):
    """What the ERP has of one invoice: its number of record, its status and its figures."""

    invoice = TextField(max_length=36, help_text="Our number or id of the invoice.")
    official_number = TextField(max_length=LONGEST_REFERENCE)
    status = TextField(max_length=30)
    issued_on = serializers.DateField(required=False)
    tax = MoneyField(required=False)
    total = MoneyField(required=False)


@extend_schema_field(UpdateInput)
class AnyUpdateField(serializers.JSONField):
    """An update that is validated on its own, so that a wrong one refuses no other."""


class UpdatesInput(Input):
    """A batch; each update is applied or refused on its own."""

    updates = serializers.ListField(
        child=AnyUpdateField(), max_length=MOST_UPDATES, allow_empty=False
    )


class StatusUpdatesView(PartnerView):
    """Batches of updates, answered with a status for each."""

    scopes = {"POST": Partner.Scope.INVOICES_WRITE}  # noqa: RUF012  # as in every view

    @writing(
        "status-updates",
        "create",
        UpdatesInput,
        UpdateResultsSchema,
        status=HTTPStatus.MULTI_STATUS,
    )
    @once
    def post(self, request: Request) -> Written:
        """Apply each update in a savepoint of its own."""
        updates = read(UpdatesInput, request.data)["updates"]
        results = [_result(each, partner_of(request)) for each in updates]
        return Written({"results": results}, HTTPStatus.MULTI_STATUS)


def _result(sent: Any, partner: Partner) -> dict[str, Any]:
    named = sent.get("invoice") if isinstance(sent, dict) else None
    try:
        with transaction.atomic():
            return {"invoice": named, "status": HTTPStatus.OK, **_apply(sent, partner)}
    except ValidationError as error:
        refused = {"code": "invalid", "errors": pointers(error.detail)}
        return {
            "invoice": named,
            "status": HTTPStatus.BAD_REQUEST,
            "detail": str(INVALID),
            **refused,
        }
    except DomainError as error:
        status = status_of(type(error))
        return {"invoice": named, "status": status, "code": error.code, "detail": str(error)}
    except Invoice.DoesNotExist:
        detail = gettext("There is no such invoice.")
        status = HTTPStatus.NOT_FOUND
        return {"invoice": named, "status": status, "code": "not_found", "detail": detail}


def _named(invoice: str) -> Q:
    """Select the invoice of a number or id."""
    try:
        return Q(pk=uuid.UUID(invoice))
    except ValueError:
        return Q(number=invoice)


def _apply(sent: Any, partner: Partner) -> dict[str, Any]:
    update = read(UpdateInput, sent)
    visible = Invoice.objects.visible_to(partner)
    invoice = visible.get(_named(update.pop("invoice")))
    figures: dict[str, Any] = {
        name: amount_in(invoice.currency, update.pop(name), name)
        for name in ("tax", "total")
        if name in update
    }
    locked, _order = lock_invoice(invoice.pk)
    official = OfficialFigures(update.pop("official_number"), **update, **figures)
    stored = store_official(locked, official, actor=partner)
    return {"id": str(stored.pk), "version": stored.version, "code": "applied"}
