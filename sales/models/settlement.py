"""Settlement: the figures of an invoice that its payments and credit notes add up to."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from common.fields import amount_field, rate_field
from sales.models.documents import Document
from sales.pricing.due import early_payment_discount

FROM_PAYMENTS = ("paid", "refunded", "moved_to_credit", "discounted", "written_off")
"""The figures that are sums of an invoice's payments."""

OFFICIAL = tuple(
    f"official_{name}"
    for name in ("source", "ref", "number", "status", "issued_on", "tax", "total")
)
"""The columns of the invoice of record."""

SETTLED = (
    F("credited")
    + (F("paid") - F("refunded") - F("moved_to_credit"))
    + (F("discounted") + F("written_off"))
)
"""What settles an invoice, in SQL; ``SettledDocument.settled`` is the same in Python."""


class SettledDocument(Document):
    """A document that money settles, and that credit notes reduce."""

    paid = amount_field(
        editable=False, help_text=_("What came in for it, from the customer or their credit.")
    )
    refunded = amount_field(editable=False)
    moved_to_credit = amount_field(
        editable=False, help_text=_("What was paid too much and is customer credit now.")
    )
    credited = amount_field(editable=False)
    written_off = amount_field(editable=False)
    early_payment_rate = rate_field(null=True, blank=True, editable=False)
    early_payment_until = models.DateField(null=True, blank=True, editable=False)
    early_payment_discount = amount_field(
        editable=False, help_text=_("The discount for paying all of it by then.")
    )
    discounted = amount_field(editable=False, help_text=_("The discount taken for paying early."))

    class Meta:
        abstract = True

    @property
    def is_asked_for(self) -> bool:
        """Whether the document asks for money now: an issued invoice."""
        raise NotImplementedError  # each kind of document decides

    @property
    def kept(self) -> Decimal:
        """What we keep of the money that came: neither refunded nor customer credit now."""
        kept: Decimal = self.paid - self.refunded - self.moved_to_credit
        return kept

    @property
    def settled(self) -> Decimal:
        """What is credited, kept, discounted or written off, in the document's currency."""
        settled: Decimal = self.credited + self.kept + self.discounted + self.written_off
        return settled

    @property
    def outstanding(self) -> Decimal:
        """What is still to be paid, in the document's currency."""
        left: Decimal = self.total - self.settled
        return left if self.is_asked_for else Decimal(0)

    @property
    def to_refund(self) -> Decimal:
        """What came and is more than is asked for: to be refunded, or customer credit."""
        return max(Decimal(0), min(-self.outstanding, self.kept))

    @property
    def open_to_credit(self) -> Decimal:
        """What no credit note has credited."""
        left: Decimal = self.total - self.credited
        return left

    @property
    def is_credited(self) -> bool:
        """Whether credit notes have credited all of it."""
        return bool(self.credited) and self.open_to_credit <= 0

    @property
    def offered_discount(self) -> Decimal:
        """The discount for paying early on what is still asked for; credits reduce it."""
        return self.discount_offered_on(self.open_to_credit)

    def discount_offered_on(self, asked: Decimal) -> Decimal:
        """Return the discount for paying early on an amount, at most what was announced."""
        if self.early_payment_rate is None:
            return Decimal(0)
        offered = early_payment_discount(asked, self.early_payment_rate, self.currency)
        announced: Decimal = self.early_payment_discount
        return max(Decimal(0), min(offered, announced))

    def discount_on(self, day: dt.date) -> Decimal:
        """Return the discount that is earned if all that is outstanding comes on that day."""
        until = self.early_payment_until
        if until is None or day > until or self.discounted:
            return Decimal(0)
        return min(self.offered_discount, max(Decimal(0), self.outstanding))
