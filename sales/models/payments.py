"""Payments and early-payment discounts: the settlements of invoices."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import amount_field, identifier
from common.history import keeps_history
from common.triggers import AppendOnly
from sales.models.invoices import Invoice
from sales.models.triggers import PaymentsAddUp


@keeps_history()
class Payment(models.Model):
    """What settles an invoice: money, or an early-payment discount; negative is taken back."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("Payment")
        EARLY_PAYMENT = "early_payment", _("Early-payment discount")

    id = identifier()
    kind = models.CharField(max_length=13, choices=Kind, default=Kind.PAYMENT)
    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    amount = amount_field()
    received_on = models.DateField()
    reference = models.CharField(max_length=60, blank=True)
    method = models.CharField(max_length=30, blank=True)
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
        ordering: ClassVar = ["received_on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice", "reference"],
                condition=~Q(reference=""),
                name="payment_reference_once",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="payment_not_zero"),
        ]
        triggers: ClassVar = [
            AppendOnly(),
            PaymentsAddUp(pgtrigger.Insert, "NEW.invoice_id"),
        ]

    def __str__(self) -> str:
        return gettext("%(amount)s %(currency)s for %(invoice)s") % {
            "amount": f"{self.amount.normalize():f}",
            "currency": self.invoice.currency,
            "invoice": self.invoice,
        }
