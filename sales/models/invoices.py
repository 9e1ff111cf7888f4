"""Invoices and credit notes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Min, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import (
    amount_field,
    custom_values_index,
    identifier,
    rate_field,
    reference_field,
)
from common.history import keeps_history
from crm.models import OwnedQuerySet
from sales.models.companies import company_day
from sales.models.documents import Document, DocumentLine
from sales.models.line_constraints import charged_as_ordered
from sales.models.orders import Order, OrderLine
from sales.models.payment_triggers import PaymentsAddUp
from sales.models.settlement import FROM_PAYMENTS, OFFICIAL, SETTLED, SettledDocument
from sales.models.triggers import (
    InstalmentsAddUp,
    IssuedLinesKept,
    SameCurrencyAs,
    keeps_issued,
    line_triggers,
)
from sales.pricing.due import Due, open_amounts


class InvoiceQuerySet(OwnedQuerySet["Invoice"]):
    """Reads of invoices and credit notes."""

    def open(self) -> InvoiceQuerySet:
        """Keep issued invoices that are not settled."""
        return self.filter(
            kind=Invoice.Kind.INVOICE,
            status__in=[Invoice.Status.ISSUED, Invoice.Status.PARTLY_PAID],
        )

    def overdue(self) -> InvoiceQuerySet:
        """Keep those of which some money should have come before today, the longest wait first.

        Today is where the company sits; ``waits_since`` is the first day on which anything was due.
        """
        parts = InvoiceInstalment.objects.filter(invoice=OuterRef("pk")).order_by()
        past = parts.filter(due_on__lt=company_day("invoice__company"))
        due = past.values("invoice").annotate(sum=Sum("amount"))
        first = parts.values("invoice").annotate(first=Min("due_on"))
        return (
            self.open()
            .annotate(due=Subquery(due.values("sum")))
            .filter(Q(due_on__lt=company_day()) | Q(due__gt=SETTLED))
            .annotate(waits_since=Coalesce(Subquery(first.values("first")), "due_on"))
            .order_by("waits_since", "id")
        )


@keeps_history()
class Invoice(SettledDocument):
    """An invoice, or the credit note that takes one back.

    The ERP's invoice of record stands beside ours in the ``official_…`` columns;
    ``official_source`` is the code of the connection that reported it, empty if that is not known.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    class What(models.TextChoices):
        ALL = "all", _("Everything ordered")
        SHIPPED = "shipped", _("What was shipped")
        LINES = "lines", _("Chosen quantities")
        PERCENTAGE = "percentage", _("Percentage")
        DOWN_PAYMENT = "down_payment", _("Down payment")
        MILESTONE = "milestone", _("Milestone")
        FREE = "free", _("Without an order")

    AHEAD: ClassVar = (What.DOWN_PAYMENT, What.MILESTONE)
    """Those that ask for an amount ahead of the goods."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ISSUED = "issued", _("Issued")
        PARTLY_PAID = "partly_paid", _("Partly paid")
        PAID = "paid", _("Paid")
        CANCELLED = "cancelled", _("Cancelled by credit note")

    TRANSITIONS: ClassVar = {
        Status.DRAFT: {Status.ISSUED, Status.PAID},
        Status.ISSUED: {Status.PARTLY_PAID, Status.PAID, Status.CANCELLED},
        Status.PARTLY_PAID: {Status.ISSUED, Status.PAID, Status.CANCELLED},
        Status.PAID: {Status.ISSUED, Status.PARTLY_PAID, Status.CANCELLED},
        Status.CANCELLED: {Status.PAID},
    }

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.INVOICE)
    what = models.CharField(max_length=15, choices=What, default=What.FREE)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    order = models.ForeignKey(
        Order, null=True, blank=True, on_delete=models.PROTECT, related_name="invoices"
    )
    credits = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_notes"
    )
    bill_again = models.BooleanField(
        default=True, help_text=_("Whether what is credited may be invoiced again.")
    )
    share_rate = rate_field(
        null=True, blank=True, editable=False, help_text=_("The share of the order asked ahead.")
    )
    reason = models.CharField(max_length=200, blank=True)
    shipment_ref = reference_field()
    issued_on = models.DateField(null=True, blank=True)
    due_on = models.DateField(null=True, blank=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(
        max_length=30, blank=True, help_text=_("The connection the invoice came from.")
    )

    official_source = reference_field(editable=False)
    official_ref = reference_field(editable=False)
    official_number = reference_field(editable=False)
    official_status = models.CharField(max_length=30, blank=True, editable=False)
    official_issued_on = models.DateField(null=True, blank=True, editable=False)
    official_tax = amount_field(null=True, blank=True, default=None, editable=False)
    official_total = amount_field(null=True, blank=True, default=None, editable=False)

    objects = InvoiceQuerySet.as_manager()

    class Meta(Document.Meta):
        abstract = False
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("write_off_invoice", "Can write off invoices")]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="invoice_by_status"),
            models.Index(fields=["owner", "-id"], name="invoice_by_owner"),
            models.Index(fields=["team", "-id"], name="invoice_by_team"),
            models.Index(fields=["account", "-id"], name="invoice_by_account"),
            custom_values_index("invoice_custom"),
            models.Index(
                fields=["due_on"],
                condition=Q(kind="invoice", status__in=["issued", "partly_paid"]),
                name="invoice_open_by_due",
            ),
            models.Index(
                fields=["official_number"],
                condition=~Q(official_number=""),
                name="invoice_by_official",
            ),
        ]
        constraints: ClassVar = [
            *Document.Meta.constraints,
            models.UniqueConstraint(
                fields=["number"],
                name="invoice_number_unique",
                violation_error_code="unique",
                violation_error_message=_("There is an invoice with this number already."),
            ),
            models.CheckConstraint(
                condition=Q(status="draft", number__isnull=True)
                | (~Q(status="draft") & Q(number__isnull=False, issued_on__isnull=False)),
                name="invoice_numbered_when_issued",
                violation_error_message=_(
                    "Issued invoices have a number and a day, drafts have no number."
                ),
            ),
            models.CheckConstraint(
                condition=Q(kind="credit_note") | Q(credits__isnull=True),
                name="invoice_credits_nothing",
                violation_error_message=_("Only a credit note takes back another invoice."),
            ),
            models.CheckConstraint(
                condition=Q(
                    paid__gte=F("refunded") + F("moved_to_credit"),
                    refunded__gte=0,
                    moved_to_credit__gte=0,
                    credited__gte=0,
                    written_off__gte=0,
                )
                | Q(total__lt=0),
                name="invoice_settled_not_negative",
                violation_error_message=_(
                    "What settles an invoice is not negative, nor given back twice."
                ),
            ),
            models.CheckConstraint(
                condition=Q(refunded=0, moved_to_credit=0) | Q(total__lte=SETTLED),
                name="invoice_gives_back_what_is_too_much",
                violation_error_message=_("Only what was paid too much is given back."),
            ),
            models.CheckConstraint(
                condition=Q(written_off=0) | Q(total=SETTLED),
                name="invoice_writes_off_what_is_open",
                violation_error_message=_("Only what is open is written off."),
            ),
            models.CheckConstraint(
                condition=Q(credited__lte=F("total")) | Q(credited=0) | ~Q(origin=""),
                name="invoice_credited_within_total",
                violation_error_message=_("No more than the total is credited."),
            ),
            models.CheckConstraint(
                condition=Q(
                    early_payment_rate__isnull=True,
                    early_payment_until__isnull=True,
                    early_payment_discount=0,
                )
                | Q(
                    early_payment_rate__gt=0,
                    early_payment_rate__lt=1,
                    early_payment_until__gte=F("issued_on"),
                    early_payment_discount__lte=F("total"),
                    early_payment_rate__isnull=False,
                    early_payment_until__isnull=False,
                    issued_on__isnull=False,
                ),
                name="invoice_early_payment_whole",
                violation_error_message=_(
                    "Give rate, last day and amount of the early-payment discount, or none."
                ),
            ),
            models.CheckConstraint(
                condition=Q(share_rate__isnull=True) | Q(share_rate__gte=0, share_rate__lte=1),
                name="invoice_share_is_a_rate",
                violation_error_message=_(
                    "Give the share as a fraction from 0 to 1: 0.1 is 10 %%."
                ),
            ),
            models.CheckConstraint(
                condition=Q(discounted__gte=0, discounted__lte=F("early_payment_discount")),
                name="invoice_discounted_as_offered",
                violation_error_message=_(
                    "The early-payment discount taken is at most the one offered."
                ),
            ),
        ]
        triggers: ClassVar = [
            *Document.Meta.triggers,
            SameCurrencyAs("order"),
            PaymentsAddUp(pgtrigger.Insert | pgtrigger.UpdateOf(*FROM_PAYMENTS), "NEW.id"),
            keeps_issued(
                *FROM_PAYMENTS,
                "credited",
                *OFFICIAL,
            ),
        ]

    def __str__(self) -> str:
        if self.number:
            return self.number
        return gettext("Draft credit note") if self.is_credit_note else gettext("Draft invoice")

    @property
    def is_credit_note(self) -> bool:
        """Whether the document takes an invoice back instead of asking for money."""
        return bool(self.kind == self.Kind.CREDIT_NOTE)

    @property
    def is_asked_for(self) -> bool:
        """Whether it asks for money now: issued, and no credit note."""
        return not (self.is_draft or self.is_credit_note)

    @property
    def asks_ahead(self) -> bool:
        """Whether it asks for money ahead of the goods: a down payment or a milestone."""
        return self.what in self.AHEAD

    @property
    def bills_order(self) -> bool:
        """Whether the figures are those of an order and cannot be edited here."""
        return self.order_id is not None

    @property
    def takes_agreed_figures(self) -> bool:
        """Whether its figures are a part of those of an order, or of the invoice it credits."""
        return self.bills_order or self.is_credit_note

    @property
    def asks_in_full(self) -> bool:
        """Whether the payment terms apply: not to credit notes and down payments."""
        return not self.is_credit_note and self.what != self.What.DOWN_PAYMENT and self.total > 0

    @property
    def dues(self) -> list[Due]:
        """Which amount is due by which day, the oldest first; one part without instalments."""
        parts = [Due(part.due_on, part.amount) for part in self.instalments.all()]
        if parts or self.due_on is None or self.is_credit_note:
            return parts
        return [Due(self.due_on, self.total)]

    @property
    def open_dues(self) -> list[Due]:
        """What is left of each part; money settles the oldest first."""
        parts = self.dues
        left = open_amounts(parts, self.settled)
        return [Due(part.due_on, amount) for part, amount in zip(parts, left, strict=True)]

    @property
    def next_due_on(self) -> dt.date | None:
        """The day of the oldest part that is not settled."""
        if self.outstanding <= 0:
            return None
        return next((part.due_on for part in self.open_dues if part.amount), self.due_on)

    def overdue_amount(self, on: dt.date | None = None) -> Decimal:
        """Add up what should have come before that day, or before today, and has not."""
        if self.outstanding <= 0:
            return Decimal(0)
        on = on or self.company.today()
        if self.due_on is not None and self.due_on < on:
            return self.outstanding
        late = (part.amount for part in self.open_dues if part.due_on < on)
        return sum(late, Decimal(0))

    def is_overdue(self, on: dt.date | None = None) -> bool:
        """Whether money should have come before that day, or before today, and has not."""
        return self.overdue_amount(on) > 0


@keeps_history()
class InvoiceInstalment(models.Model):
    """A part of an issued invoice that is due on its own day."""

    id = identifier()
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="instalments")
    due_on = models.DateField()
    amount = amount_field()

    class Meta:
        ordering: ClassVar = ["due_on", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="invoice_instalment_is_asked")
        ]
        triggers: ClassVar = [
            InstalmentsAddUp(),
            *(
                IssuedLinesKept("invoice", operation, ())
                for operation in (pgtrigger.Insert, pgtrigger.Update, pgtrigger.Delete)
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(amount)s %(currency)s by %(day)s") % {
            "amount": f"{self.amount.normalize():f}",
            "currency": self.invoice.currency,
            "day": self.due_on,
        }


@keeps_history()
class InvoiceLine(DocumentLine):
    """One billed item."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        OrderLine, null=True, blank=True, on_delete=models.PROTECT, related_name="invoice_lines"
    )
    credits_line = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="credited_by"
    )

    class Meta(DocumentLine.Meta):
        abstract = False
        indexes: ClassVar = [
            models.Index(fields=["invoice", "position"], name="invoice_line_order")
        ]
        constraints: ClassVar = [
            *DocumentLine.Meta.constraints,
            charged_as_ordered("invoice_line_charged_as_ordered"),
        ]
        triggers: ClassVar = line_triggers("invoice")

    @property
    def document(self) -> Invoice:
        """The document the line stands on."""
        return self.invoice

    @property
    def bills_order(self) -> bool:
        """Whether the line bills a line of an order, whose figures it takes."""
        return self.order_line_id is not None

    @property
    def bills_units(self) -> bool:
        """Whether the line bills units of an order line; a deduction is counted in money."""
        return self.bills_order and self.is_sold
