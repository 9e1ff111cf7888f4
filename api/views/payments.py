"""Payments for partners: record money that came in, and read what settles invoices."""

from __future__ import annotations

from http import HTTPStatus

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request

from api.expansions import related
from api.inputs import IdField, Input, MoneyField, RecordField, TextField, amount_in, read
from api.operations import creating
from api.pagination import ListQuery
from api.permissions import partner_of
from api.representations.invoices import represent_head
from api.representations.payments import represent_payment
from api.representations.schemas import PaymentSchema
from api.resources import Resource
from api.views.base import ListView, RecordView, lists, reads
from api.visibility import visible_invoices, visible_payments
from api.writes import Written, once
from common.fields import LONGEST_REFERENCE
from crm.models import Partner
from sales.models import Payment
from sales.services.payments import record_payment

READ, WRITE = Partner.Scope.INVOICES_READ, Partner.Scope.INVOICES_WRITE
PAYMENTS = Resource(
    "payments",
    visible_payments,
    represent_payment,
    expansions={"invoice": related("invoice", READ, visible_invoices, represent_head)},
    changed_at="recorded_at",
)


class PaymentInput(Input):
    """Money that came in for an invoice."""

    invoice = RecordField(visible_invoices)
    amount = MoneyField()
    received_on = serializers.DateField()
    reference = TextField(max_length=LONGEST_REFERENCE, required=False, default="")
    method = TextField(max_length=30, required=False, default="")


class PaymentQuery(ListQuery):
    """Filters of payments."""

    invoice = IdField(required=False)
    kind = serializers.ChoiceField(choices=Payment.Kind.choices, required=False)
    reference = TextField(required=False)


@lists(PAYMENTS, PaymentQuery, PaymentSchema)
class PaymentListView(ListView):
    """What settles the invoices of the partner: money, credit, discounts, write-offs."""

    scopes = {"GET": READ, "POST": WRITE}  # noqa: RUF012  # as in every view

    @creating("payments", PaymentInput, PaymentSchema)
    @once
    def post(self, request: Request) -> Written:
        """Record a payment; the same reference, amount and day count once."""
        partner = partner_of(request)
        sent = read(PaymentInput, request.data, actor=partner)
        invoice = sent.pop("invoice")
        amount = amount_in(invoice.currency, sent.pop("amount"), "amount")
        recorded = record_payment(invoice.pk, actor=partner, amount=amount, **sent)
        payment = recorded.payment
        location = reverse("api:payment", args=[payment.pk])
        return Written(represent_payment(payment), HTTPStatus.CREATED, location)


@reads(PAYMENTS, PaymentSchema)
class PaymentView(RecordView):
    """One payment."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view
