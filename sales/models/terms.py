"""Payment terms, and the terms on which an account buys."""

from __future__ import annotations

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from common.amounts import check_amounts
from common.fields import amount_field, currency_field, identifier, optional_key, rate_field
from common.history import keeps_history
from crm.models import Account
from sales.models.price_lists import PriceList
from sales.models.taxes import TaxZone
from sales.models.triggers import SharesSumToOne
from sales.pricing.due import DueRule

AT_MOST_TEN_YEARS_OF_MONTHS = MaxValueValidator(120, _("Give at most 120 months, ten years."))
AT_MOST_TEN_YEARS_OF_DAYS = MaxValueValidator(3650, _("Give at most 3650 days, ten years."))


class DueWhen(models.Model):
    """How long after issue something is due: months, then days, then perhaps the month's end."""

    due_months = models.PositiveSmallIntegerField(
        default=0,
        validators=[AT_MOST_TEN_YEARS_OF_MONTHS],
        help_text=_("Whole months after issue; days come on top."),
    )
    due_days = models.PositiveSmallIntegerField(default=0, validators=[AT_MOST_TEN_YEARS_OF_DAYS])
    end_of_month = models.BooleanField(
        default=False, help_text=_("Due on the last day of the month that this leads to.")
    )

    class Meta:
        abstract = True

    @property
    def due_rule(self) -> DueRule:
        """The rule that works out the day."""
        return DueRule(self.due_days, self.due_months, self.end_of_month)


@keeps_history()
class PaymentTerms(DueWhen):
    """When an order is invoiced and by when it is paid."""

    class InvoiceWhen(models.TextChoices):
        PLACED = "placed", _("When the order is placed")
        FULFILLED = "fulfilled", _("When everything is shipped")
        PER_SHIPMENT = "per_shipment", _("With each shipment")
        BY_HAND = "by_hand", _("By hand")

    WITH_GOODS = (InvoiceWhen.FULFILLED, InvoiceWhen.PER_SHIPMENT)
    """The moments at which goods leave."""

    id = identifier()
    name = models.CharField(max_length=100, unique=True)
    invoice_when = models.CharField(max_length=15, choices=InvoiceWhen, default=InvoiceWhen.BY_HAND)
    due_days = models.PositiveSmallIntegerField(default=30, validators=[AT_MOST_TEN_YEARS_OF_DAYS])
    early_payment_rate = rate_field(
        null=True,
        blank=True,
        help_text=_("Kept by who pays all of it early: 0.02 is 2 % of the total, tax included."),
    )
    early_payment_days = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[AT_MOST_TEN_YEARS_OF_DAYS]
    )
    deposit_rate = rate_field(
        null=True, blank=True, help_text=_("Asked ahead when the order is placed: 0.3 is 30 %.")
    )

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = _("payment terms")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(early_payment_rate__isnull=True, early_payment_days__isnull=True)
                | Q(
                    early_payment_rate__gte=0,
                    early_payment_rate__lt=1,
                    early_payment_days__gte=0,
                    early_payment_rate__isnull=False,
                    early_payment_days__isnull=False,  # a CHECK that is NULL passes
                ),
                name="payment_terms_early_payment_whole",
                violation_error_message=_(
                    "Give both the rate (0.02 is 2 %%) and the days of the early-payment discount."
                ),
            ),
            models.CheckConstraint(
                condition=Q(deposit_rate__isnull=True)
                | Q(deposit_rate__gte=0, deposit_rate__lte=1),
                name="payment_terms_deposit_is_a_rate",
                violation_error_message=_(
                    "Give the deposit rate as a fraction from 0 to 1: 0.1 is 10 %%."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class Instalment(DueWhen):
    """A part of an invoice that is due on its own day."""

    id = identifier()
    terms = models.ForeignKey(PaymentTerms, on_delete=models.CASCADE, related_name="instalments")
    share_rate = rate_field(help_text=_("0.3 is 30 %; the shares make 1 together."))

    class Meta:
        ordering: ClassVar = ["due_months", "due_days", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(share_rate__gt=0, share_rate__lte=1),
                name="instalment_share_is_a_rate",
                violation_error_message=_(
                    "Give the share as a fraction above 0, at most 1: 0.1 is 10 %%."
                ),
            )
        ]
        triggers: ClassVar = [SharesSumToOne()]

    def __str__(self) -> str:
        parts = {
            "share": f"{self.share_rate:.0%}",
            "months": self.due_months,
            "days": self.due_days,
        }
        text = gettext("%(share)s after %(days)d days") % parts
        if self.due_months:
            text = (
                ngettext(
                    "%(share)s after %(months)d month and %(days)d days",
                    "%(share)s after %(months)d months and %(days)d days",
                    self.due_months,
                )
                % parts
            )
        return gettext("%(due)s, end of month") % {"due": text} if self.end_of_month else text


@keeps_history()
class AccountTerms(models.Model):
    """Terms of an account: the defaults of its documents."""

    id = identifier()
    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="terms")
    currency = currency_field(default="EUR")
    price_list = optional_key(PriceList)
    payment_terms = optional_key(PaymentTerms)
    tax_zone = optional_key(TaxZone)
    prices_include_tax = models.BooleanField(default=False)
    credit_limit = amount_field(null=True, blank=True, default=None)

    class Meta:
        verbose_name_plural = _("account terms")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(credit_limit__isnull=True) | Q(credit_limit__gte=0),
                name="account_terms_credit_limit_not_negative",
                violation_error_message=_(
                    "A credit limit cannot be negative: give 0 or more, or leave it empty for none."
                ),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Terms of %(account)s") % {"account": self.account}

    def clean(self) -> None:
        """Refuse a price list in another currency than the account buys in, and a finer limit."""
        check_amounts(self, "credit_limit")
        if self.price_list is not None and self.price_list.currency != self.currency:
            sentence = gettext(
                "The price list is in %(other)s, the account buys in %(currency)s."
            ) % {
                "other": self.price_list.currency,
                "currency": self.currency,
            }
            raise ValidationError({"price_list": sentence})
