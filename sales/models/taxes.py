"""Tax categories, zones and rates, and exchange rates."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import currency_field, identifier, rate_field
from common.history import keeps_history
from sales.models.constraints import exchange_rate_positive


def days(start: str, end: str) -> Func:
    """Build the range of days from one column to another, both included; NULL is open."""
    return Func(
        F(start),
        F(end),
        Value("[]"),
        function="DATERANGE",
        output_field=models.Field(),
    )


@keeps_history()
class TaxCategory(models.Model):
    """How a product is taxed: standard, reduced, exempt."""

    id = identifier()
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = _("tax categories")

    def __str__(self) -> str:
        return self.name


@keeps_history()
class TaxZone(models.Model):
    """Where a customer is taxed: domestic, EU business, export."""

    id = identifier()
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=100)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class TaxRate(models.Model):
    """The rate of a category in a zone over a period; periods may not overlap."""

    id = identifier()
    category = models.ForeignKey(TaxCategory, on_delete=models.PROTECT, related_name="rates")
    zone = models.ForeignKey(TaxZone, on_delete=models.PROTECT, related_name="rates")
    rate = rate_field()
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=1),
                name="tax_rate_is_a_rate",
                violation_error_message=_("Give the rate as a fraction: 0.19 is 19 %%."),
            ),
            ExclusionConstraint(
                name="tax_rate_no_overlap",
                expressions=[
                    ("category", RangeOperators.EQUAL),
                    ("zone", RangeOperators.EQUAL),
                    (days("valid_from", "valid_to"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_(
                    "Another rate of this category and zone covers these days."
                ),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(category)s in %(zone)s: %(rate)s") % {
            "category": self.category,
            "zone": self.zone,
            "rate": f"{self.rate:.2%}",
        }

    def clean(self) -> None:
        """Refuse a period that ends before it begins; the database could not even compare it."""
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValidationError({"valid_to": gettext("The last day is before the first day.")})


@keeps_history()
class ExchangeRate(models.Model):
    """How many units of a currency one unit of the base currency bought on a day."""

    id = identifier()
    base = currency_field(default="EUR")
    currency = currency_field()
    valid_on = models.DateField()
    rate = models.DecimalField(max_digits=24, decimal_places=12)
    source = models.CharField(max_length=20, default="manual")

    class Meta:
        ordering: ClassVar = ["-valid_on", "currency"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["base", "currency", "valid_on"],
                name="exchange_rate_unique",
                violation_error_message=_("There is a rate of this currency for that day already."),
            ),
            exchange_rate_positive("rate", name="exchange_rate_positive"),
            models.CheckConstraint(
                condition=~Q(base=F("currency")),
                name="exchange_rate_two_currencies",
                violation_error_message=_(
                    "An exchange rate is between two currencies: choose another one."
                ),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(rate)s %(currency)s per %(base)s on %(day)s") % {
            "rate": f"{self.rate:f}",
            "currency": self.currency,
            "base": self.base,
            "day": self.valid_on,
        }
