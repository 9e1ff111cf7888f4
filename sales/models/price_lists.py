"""Price lists, volume discounts and promotion codes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.db.models import Deferrable, F, Func, Q, Value
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.amounts import check_amounts
from common.fields import (
    amount_field,
    currency_field,
    identifier,
    optional_key,
    quantity_field,
    rate_field,
)
from common.history import keeps_history
from crm.models import Account
from sales.models.catalogue import Product, Unit, chosen
from sales.models.constraints import dates_in_order, discount_is_a_rate
from sales.pricing.errors import InvalidAmount
from sales.pricing.price_lists import PriceRounding, check_rounding
from sales.pricing.quantities import LARGEST_PRICE_QUANTITY


@keeps_history()
class PriceList(models.Model):
    """Prices in one currency, valid between two dates."""

    id = identifier()
    name = models.CharField(max_length=100, unique=True)
    currency = currency_field()
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            dates_in_order("valid_from", "valid_to", name="price_list_dates_in_order")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.currency})"

    def clean(self) -> None:
        """Refuse another currency for prices that are there."""
        before = PriceList.objects.filter(pk=self.pk).values_list("currency", flat=True).first()
        if before not in {None, self.currency} and self.items.exists():
            sentence = gettext("Its prices are in %(currency)s: make another list.")
            raise ValidationError({"currency": sentence % {"currency": before}})

    def is_valid_on(self, day: dt.date) -> bool:
        """Return whether new lines may take prices from this list on that day."""
        started = self.valid_from is None or self.valid_from <= day
        return self.is_active and started and (self.valid_to is None or day <= self.valid_to)


@keeps_history()
class DiscountList(models.Model):
    """A volume discount: bands of quantity, each with a discount per unit."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Percent")
        AMOUNT = "amount", _("Amount")

    id = identifier()
    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERCENT)
    currency = currency_field(blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind="percent", currency="") | (Q(kind="amount") & ~Q(currency="")),
                name="discount_list_amount_has_currency",
                violation_error_message=_("Amounts need a currency, percentages have none."),
            )
        ]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class DiscountBand(models.Model):
    """A band of a volume discount: a range of quantities, both included, with its discount."""

    id = identifier()
    discount_list = models.ForeignKey(DiscountList, on_delete=models.CASCADE, related_name="bands")
    quantity_from = quantity_field()
    quantity_to = quantity_field(null=True, blank=True, default=None)
    discount_rate = rate_field(null=True, blank=True)
    discount_amount = amount_field(null=True, blank=True, default=None)

    class Meta:
        ordering: ClassVar = ["quantity_from"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quantity_to__isnull=True) | Q(quantity_from__lte=F("quantity_to")),
                name="discount_band_in_order",
                violation_error_message=_("The band would end before it begins."),
            ),
            models.CheckConstraint(
                condition=Q(discount_rate__isnull=False, discount_amount__isnull=True)
                | Q(discount_rate__isnull=True, discount_amount__isnull=False),
                name="discount_band_rate_or_amount",
                violation_error_message=_("Give either a rate or an amount."),
            ),
            discount_is_a_rate(name="discount_band_rate_is_a_rate"),
            models.CheckConstraint(
                condition=Q(discount_amount__isnull=True) | Q(discount_amount__gte=0),
                name="discount_band_not_negative",
                violation_error_message=_("A discount cannot be negative: enter 0 or more."),
            ),
            models.CheckConstraint(
                condition=Q(quantity_from__gte=0),
                name="discount_band_begins_at_zero_or_above",
                violation_error_message=_("A band begins at 0 or above."),
            ),
            ExclusionConstraint(
                name="discount_band_no_overlap",
                expressions=[
                    ("discount_list", RangeOperators.EQUAL),
                    (
                        Func(
                            F("quantity_from"),
                            F("quantity_to"),
                            Value("[]"),
                            function="NUMRANGE",
                            output_field=models.Field(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                deferrable=Deferrable.IMMEDIATE,
                violation_error_message=_("Another band of this list covers these quantities."),
            ),
        ]

    def __str__(self) -> str:
        upper = f"{self.quantity_to.normalize():f}" if self.quantity_to is not None else "…"
        return f"{self.quantity_from.normalize():f}–{upper}"


@contextmanager
def bands_may_move() -> Iterator[None]:
    """Let bands overlap while several are saved, and check them together at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS discount_band_no_overlap DEFERRED")
        yield
        cursor.execute("SET CONSTRAINTS discount_band_no_overlap IMMEDIATE")


def price_quantity_field() -> models.DecimalField[Any, Any]:
    """Make the column that says how many units a price is for."""
    return quantity_field(
        default=Decimal(1), help_text=_("The price is for so many units: 100 for a price per 100.")
    )


def price_is_for_units(name: str) -> models.CheckConstraint:
    """Make the constraint that a price is for more than nothing, and for no absurd number."""
    return models.CheckConstraint(
        condition=Q(price_quantity__gt=0, price_quantity__lte=LARGEST_PRICE_QUANTITY),
        name=name,
        violation_error_message=_(
            "A price is for 1 unit or for several, such as 100: "
            "enter more than 0 and at most 1,000,000 units."
        ),
    )


@keeps_history()
class PriceListItem(models.Model):
    """How one product in one unit is priced on a list."""

    class Method(models.TextChoices):
        AMOUNT = "amount", _("Amount")
        PERCENT_OF_LIST = "percent_of_list", _("Percent of list price")
        MARKUP_CURRENT = "markup_current", _("Markup on current cost")
        MARKUP_STANDARD = "markup_standard", _("Markup on standard cost")
        MARGIN_CURRENT = "margin_current", _("Margin on current cost")
        MARGIN_STANDARD = "margin_standard", _("Margin on standard cost")

    class Rounding(models.TextChoices):
        NONE = "none", _("None")
        UP = "up", _("Up")
        DOWN = "down", _("Down")
        NEAREST = "nearest", _("To nearest")

    class RoundingOption(models.TextChoices):
        MULTIPLE_OF = "multiple_of", _("Multiple of")
        ENDS_IN = "ends_in", _("Ends in")

    class Selling(models.TextChoices):
        NO_CONTROL = "no_control", _("No control")
        WHOLE = "whole", _("Whole")
        WHOLE_AND_FRACTIONAL = "fractional", _("Whole and fractional")

    id = identifier()
    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="prices")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=20, choices=Method, default=Method.AMOUNT)
    amount = amount_field(
        null=True, blank=True, default=None, help_text=_("The price, where it is an amount.")
    )
    percentage_rate = rate_field(
        null=True,
        blank=True,
        help_text=_("A fraction: 0.2 is 20 %; at most 10, which is 1000 %."),
    )
    price_quantity = price_quantity_field()
    rounding = models.CharField(max_length=10, choices=Rounding, default=Rounding.NONE)
    rounding_option = models.CharField(max_length=15, choices=RoundingOption, blank=True)
    rounding_amount = amount_field(null=True, blank=True, default=None)
    discount_list = optional_key(DiscountList)
    selling = models.CharField(
        _("quantity selling"), max_length=12, choices=Selling, default=Selling.NO_CONTROL
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["price_list", "product", "unit"],
                name="price_list_item_unique",
                violation_error_message=_(
                    "This list has a price of this product in this unit already."
                ),
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
                name="price_list_item_not_negative",
                violation_error_message=_(
                    "A price cannot be negative: give an amount of 0 or above."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(method="amount") | Q(amount__isnull=False),
                name="price_list_item_amount_given",
                violation_error_message=_("Give the amount."),
            ),
            models.CheckConstraint(
                condition=Q(method="amount") | Q(percentage_rate__isnull=False),
                name="price_list_item_percentage_given",
                violation_error_message=_("This method needs a percentage, as a fraction: 0.25."),
            ),
            models.CheckConstraint(
                condition=~Q(method="percent_of_list")
                | Q(percentage_rate__isnull=True)
                | Q(percentage_rate__gte=0),
                name="price_list_item_percent_not_negative",
                violation_error_message=_(
                    "A percentage of the list price cannot be negative: "
                    "give 0 or more, such as 0.9 for 90 %%."
                ),
            ),
            models.CheckConstraint(
                condition=~Q(method__in=["markup_current", "markup_standard"])
                | Q(percentage_rate__isnull=True)
                | Q(percentage_rate__gte=-1),
                name="price_list_item_markup_leaves_zero",
                violation_error_message=_(
                    "A markup cannot take off more than the cost: "
                    "give −1, which is −100 %%, or more, such as 0.25 for 25 %%."
                ),
            ),
            price_is_for_units("price_list_item_price_quantity"),
        ]

    def __str__(self) -> str:
        return gettext("%(product)s per %(unit)s on %(list)s") % {
            "product": self.product,
            "unit": self.unit,
            "list": self.price_list,
        }

    def clean(self) -> None:
        """Refuse a unit the product is not counted in, and a rule that makes no price."""
        problems: dict[str, str] = {}
        product, unit = chosen(self, "product"), chosen(self, "unit")
        if product and unit and (problem := product.uncounted_reason(unit)):
            problems["unit"] = problem
        if problem := self._percentage_problem():
            problems["percentage_rate"] = problem
        try:
            check_rounding(PriceRounding(self.rounding), self.rounding_amount)
        except InvalidAmount as error:
            problems["rounding_amount"] = str(error)
        discounts, price_list = chosen(self, "discount_list"), chosen(self, "price_list")
        if discounts and price_list and discounts.currency not in {"", price_list.currency}:
            problems["discount_list"] = gettext(
                "The discount list is in %(currency)s, the price list in %(other)s."
            ) % {"currency": discounts.currency, "other": price_list.currency}
        if problems:
            raise ValidationError(problems)

    def _percentage_problem(self) -> str:
        """Return why the percentage is too large; one typed as 20 is meant as 0.2."""
        rate = self.percentage_rate or 0
        if self.method in MARGINS and rate >= 1:
            return gettext("A margin is below 1, which is 100 %: enter 0.2 for 20 %.")
        if self.method != self.Method.AMOUNT and rate > LARGEST_PERCENTAGE:
            return gettext("A percentage is at most 10, which is 1000 %: enter 0.2 for 20 %.")
        return ""


LARGEST_PERCENTAGE = 10
"""The largest percentage of a price list; it tells 0.2 from a percentage typed as 20."""

MARGINS = frozenset({PriceListItem.Method.MARGIN_CURRENT, PriceListItem.Method.MARGIN_STANDARD})
"""Methods whose percentage is of the price, which therefore must leave some for the cost."""


@keeps_history()
class PromotionCode(models.Model):
    """A promotion code: a percentage or an amount off a document, while uses are left."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("Percent")
        AMOUNT = "amount", _("Amount")

    id = identifier()
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PERCENT)
    discount_rate = rate_field(null=True, blank=True)
    discount_amount = amount_field(null=True, blank=True, default=None)
    currency = currency_field(blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    uses_allowed = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    products: models.ManyToManyField[Any, Any] = models.ManyToManyField(Product, blank=True)
    accounts: models.ManyToManyField[Any, Any] = models.ManyToManyField(Account, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    kind="percent",
                    discount_rate__isnull=False,
                    discount_rate__gt=0,
                    discount_rate__lte=1,
                )
                | (
                    Q(kind="amount", discount_amount__isnull=False, discount_amount__gt=0)
                    & ~Q(currency="")
                ),
                name="promotion_code_rate_or_amount",
                violation_error_message=_(
                    "Give a rate above 0 and up to 1 for a percentage, "
                    "or an amount above 0 with its currency."
                ),
            ),
            discount_is_a_rate(name="promotion_code_rate_is_a_rate"),
            dates_in_order("valid_from", "valid_to", name="promotion_code_dates_in_order"),
            models.CheckConstraint(
                condition=Q(uses_allowed__isnull=True) | Q(uses__lte=F("uses_allowed")),
                name="promotion_code_uses_left",
                violation_error_message=_("It has been used more often than that already."),
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """Refuse an amount finer than its currency."""
        if self.currency:
            check_amounts(self, "discount_amount")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep codes in capitals: nobody remembers how one was spelt."""
        self.code = self.code.strip().upper()
        super().save(*args, **kwargs)

    @property
    def uses_left(self) -> int | None:
        """How often the code may still be used; None is without limit."""
        return None if self.uses_allowed is None else self.uses_allowed - self.uses
