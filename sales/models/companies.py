"""Companies: the legal entities that sell, and the number series of their documents."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Cast, Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from common.fields import currency_field, identifier
from common.history import keeps_history
from sales.models.triggers import KeepsPrefix


class PricingRules(models.Model):
    """How amounts are rounded and typed discounts count: a company's choice that documents keep."""

    class Rounding(models.TextChoices):
        HALF_UP = "half_up", _("Half up")
        HALF_EVEN = "half_even", _("Half to even")

    class DiscountMethod(models.TextChoices):
        WHOLE_LINE = "whole_line", _("For the whole line")
        PER_UNIT = "per_unit", _("For each unit")

    rounding = models.CharField(
        max_length=10,
        choices=Rounding,
        default=Rounding.HALF_UP,
        help_text=_(
            "Where exactly half of the smallest unit goes: 0.125 EUR is 0.13 half up and 0.12 half "
            "to even. A new document takes over its company's choice and keeps it."
        ),
    )
    discount_method = models.CharField(
        _("discount of a line"),
        max_length=10,
        choices=DiscountMethod,
        default=DiscountMethod.WHOLE_LINE,
        help_text=_(
            "What an amount typed as the discount of a line counts for. A new document takes over "
            "its company's choice and keeps it."
        ),
    )

    class Meta:
        abstract = True

    @property
    def discounts_each_unit(self) -> bool:
        """Whether an amount typed as the discount of a line counts for each of its units."""
        return bool(self.discount_method == self.DiscountMethod.PER_UNIT)


@keeps_history()
class Company(PricingRules):
    """A legal entity of ours; its prefix keeps its document numbers apart from others'."""

    id = identifier()
    name = models.CharField(max_length=200, unique=True)
    number_prefix = models.CharField(
        max_length=6,
        blank=True,
        validators=[
            RegexValidator(
                r"^([A-Z]{1,5}-)?$",
                _(
                    "A number prefix is one to five capital letters and a hyphen: enter one, "
                    "such as NL-, or none."
                ),
            )
        ],
        help_text=_("Stands before every number: NL- makes NL-O-2026-00001."),
    )
    base_currency = currency_field(default="EUR")
    time_zone = models.CharField(max_length=50, default="Europe/Paris")
    tax_number = models.CharField(_("VAT number"), max_length=30, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    street = models.CharField(max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    country = CountryField(blank=True)
    is_default = models.BooleanField(default=False)
    shipped_by = models.CharField(
        max_length=30,
        blank=True,
        editable=False,
        help_text=_("The connection whose system ships its orders; empty if we do."),
    )
    billed_by = models.CharField(
        max_length=30,
        blank=True,
        editable=False,
        help_text=_("The connection whose system bills its orders; empty if we do."),
    )

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = _("companies")
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("number_prefix"),
                name="company_prefix_unique",
                violation_error_message=_(
                    "Another company has this prefix: its numbers would be the same."
                ),
            ),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="company_one_default",
                violation_error_code="unique",
                violation_error_message=_(
                    "Another company is the default: take it from that one first."
                ),
            ),
        ]
        triggers: ClassVar = [KeepsPrefix()]

    def __str__(self) -> str:
        return self.name

    def is_shipped_by(self, connection: str = "") -> bool:
        """Whether the system of a connection, or we, may ship its orders."""
        return self.shipped_by in {"", connection}

    def is_billed_by(self, connection: str = "") -> bool:
        """Whether the system of a connection, or we, may bill its orders."""
        return self.billed_by in {"", connection}

    def today(self) -> dt.date:
        """Return the day it is where the company sits; its documents are dated by it."""
        return timezone.localdate(timezone=ZoneInfo(self.time_zone))


def company_day(company: str = "company") -> Cast:
    """Make the SQL expression of today where the company of each row sits.

    ``company`` is the path to it. The clock is the application's, as in ``Company.today()``.
    """
    now = models.Value(timezone.now(), models.DateTimeField())
    local = models.Func(models.F(f"{company}__time_zone"), now, function="timezone")
    return Cast(local, models.DateField())


class NumberSeries(models.Model):
    """Gap-free numbering: the last number given out per company, document type and year."""

    class Kind(models.TextChoices):
        QUOTE = "Q", _("Quote")
        ORDER = "O", _("Order")
        INVOICE = "INV", _("Invoice")
        CREDIT_NOTE = "CN", _("Credit note")

    id = identifier()
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=3, choices=Kind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = _("number series")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "kind", "year"], name="number_series_unique")
        ]

    def __str__(self) -> str:
        return f"{self.company.number_prefix}{self.kind}-{self.year}-{self.last:05d}"
