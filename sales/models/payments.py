"""Payments and what else settles invoices, and the credit that customers have with us."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q, Sum
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import amount_field, currency_field, identifier, reference_field
from common.history import keeps_history
from common.triggers import AppendOnly
from crm.models import Account
from sales.models.companies import Company
from sales.models.invoices import Invoice
from sales.models.payment_triggers import (
    CreditIsEntered,
    FitsInvoice,
    MirrorsPayment,
    NotOverdrawn,
    PaymentsAddUp,
)


class MoneyEntry(models.Model):
    """What every entry of money has: how much, whose reference, why, and who recorded it."""

    id = identifier()
    amount = amount_field()
    reference = reference_field()
    reason = models.CharField(max_length=200, blank=True)
    source = models.CharField(max_length=30, blank=True, help_text=_("Who reported it."))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True

    @property
    def day(self) -> dt.date:
        """The day on which the money moved."""
        raise NotImplementedError  # each kind of entry has its own column


@keeps_history()
class Payment(MoneyEntry):
    """What settles an invoice: money, customer credit, a discount, a write-off.

    Negative is given back: a refund, a move to customer credit, a discount that shrinks. What is
    taken back from customer credit, because its payment did not stay, is positive.
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        EARLY_PAYMENT = "early_payment", _("Early-payment discount")
        FROM_CREDIT = "from_credit", _("Customer credit applied")
        TO_CREDIT = "to_credit", _("Moved to customer credit")
        REFUND = "refund", _("Refund")
        WRITE_OFF = "write_off", _("Write-off")
        CORRECTION = "correction", _("Payment corrected or reversed")

    FIGURES: ClassVar[dict[str, tuple[str, int]]] = {
        Kind.PAYMENT: ("paid", 1),
        Kind.FROM_CREDIT: ("paid", 1),
        Kind.CORRECTION: ("paid", 1),
        Kind.EARLY_PAYMENT: ("discounted", 1),
        Kind.WRITE_OFF: ("written_off", 1),
        Kind.REFUND: ("refunded", -1),
        Kind.TO_CREDIT: ("moved_to_credit", -1),
    }
    """The column of the invoice that adds each kind up, and with which sign."""

    kind = models.CharField(max_length=13, choices=Kind, default=Kind.PAYMENT)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    received_on = models.DateField(_("day"))
    method = models.CharField(max_length=30, blank=True)
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )

    class Meta:
        ordering: ClassVar = ["received_on", "id"]
        permissions: ClassVar = [
            ("refund_payment", "Can refund payments and customer credit"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice", "kind", "source", "reference"],
                condition=~Q(reference=""),
                name="payment_reference_once",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="payment_not_zero"),
            models.CheckConstraint(
                condition=Q(kind__in=["early_payment", "write_off", "correction"])
                | Q(kind__in=["payment", "from_credit"], amount__gt=0)
                | Q(kind__in=["refund", "to_credit"], amount__lt=0)
                | (Q(kind="to_credit", amount__gt=0) & ~Q(reason="")),
                name="payment_goes_one_way",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["refund", "write_off", "correction"]) | ~Q(reason=""),
                name="payment_has_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(kind="correction", corrects__isnull=False)
                | (~Q(kind="correction") & Q(corrects__isnull=True)),
                name="payment_corrections_name_theirs",
            ),
        ]
        triggers: ClassVar = [
            AppendOnly(),
            FitsInvoice(),
            CreditIsEntered(),
            PaymentsAddUp(pgtrigger.Insert, "NEW.invoice_id"),
        ]

    def __str__(self) -> str:
        return gettext("%(amount)s %(currency)s for %(invoice)s") % {
            "amount": f"{self.amount.normalize():f}",
            "currency": self.invoice.currency,
            "invoice": self.invoice,
        }

    @property
    def day(self) -> dt.date:
        """The day on which the money moved."""
        return self.received_on


@dataclass(frozen=True, slots=True)
class CreditBalance:
    """What a customer has with one of our companies in one currency."""

    company_id: uuid.UUID
    company: str
    currency: str
    amount: Decimal

    @property
    def key(self) -> str:
        """Name the balance among those of one customer."""
        return f"{self.company_id}-{self.currency}"


class CustomerCreditQuerySet(models.QuerySet["CustomerCreditEntry"]):
    """Reads of customer credit; its balance is the sum of its entries."""

    def of(self, account_id: uuid.UUID, company_id: uuid.UUID, currency: str) -> Decimal:
        """Return what an account has with a company in a currency."""
        entries = self.filter(account=account_id, company=company_id, currency=currency)
        balance: Decimal = entries.aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]
        return balance

    def there_since(self, amount: Decimal) -> dt.date | None:
        """Return the day from which on these entries always came to so much; None if they do not.

        A later refund of that much, dated on that day, overdraws the credit on no day.
        """
        days = self.order_by("moved_on").values_list("moved_on").annotate(sum=Sum("amount"))
        since, balance = None, Decimal(0)
        for day, moved in days:
            balance += moved
            since = None if balance < amount else since or day
        return since

    def balances(self, account: Account) -> Iterator[CreditBalance]:
        """Add up what an account has, by company and currency, and what it once had."""
        rows = (
            self.filter(account=account)
            .values("company", "company__name", "currency")
            .annotate(sum=Sum("amount"))
            .order_by("company__name", "currency")
        )
        for row in rows:
            yield CreditBalance(row["company"], row["company__name"], row["currency"], row["sum"])


@keeps_history()
class CustomerCreditEntry(MoneyEntry):
    """A move of a customer's credit: in from an invoice, out to another one, or refunded."""

    class Kind(models.TextChoices):
        MOVED = "moved", _("Paid too much")
        APPLIED = "applied", _("Applied to an invoice")
        REFUND = "refund", _("Refund")

    kind = models.CharField(max_length=7, choices=Kind)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credit_entries")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    currency = currency_field()
    payment = models.OneToOneField(
        Payment, null=True, blank=True, on_delete=models.PROTECT, related_name="credit_entry"
    )
    moved_on = models.DateField(_("day"))

    objects = CustomerCreditQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name = _("customer credit entry")
        verbose_name_plural = _("customer credit entries")
        indexes: ClassVar = [
            models.Index(fields=["account", "company", "currency"], name="customer_credit_balance")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "company", "currency", "reference"],
                condition=~Q(reference=""),
                name="customer_credit_reference_once",
            ),
            models.CheckConstraint(
                condition=Q(kind="moved", amount__gt=0, payment__isnull=False)
                | (Q(kind="moved", amount__lt=0, payment__isnull=False) & ~Q(reason=""))
                | Q(kind="applied", amount__lt=0, payment__isnull=False)
                | (Q(kind="refund", amount__lt=0, payment__isnull=True) & ~Q(reason="")),
                name="customer_credit_goes_one_way",
            ),
        ]
        triggers: ClassVar = [AppendOnly(), MirrorsPayment(), NotOverdrawn()]

    def __str__(self) -> str:
        return gettext("%(amount)s %(currency)s for %(account)s") % {
            "amount": f"{self.amount.normalize():f}",
            "currency": self.currency,
            "account": self.account,
        }

    @property
    def day(self) -> dt.date:
        """The day on which the money moved."""
        return self.moved_on
