"""Catalogue: products, bundles and the units they are sold in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import (
    amount_field,
    currency_field,
    custom_values,
    custom_values_index,
    identifier,
    optional_key,
    quantity_field,
)
from common.history import keeps_history
from sales.models.constraints import dates_in_order
from sales.models.taxes import TaxCategory


def chosen(record: models.Model, name: str) -> Any:
    """Follow a relation of a record that a form may not have filled in yet."""
    is_set = getattr(record, f"{name}_id", None) is not None
    return getattr(record, name) if is_set else None


@keeps_history()
class UnitGroup(models.Model):
    """Units that convert into each other: piece, dozen, pallet."""

    id = identifier()
    name = models.CharField(max_length=50, unique=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class Unit(models.Model):
    """A unit of a group; ``factor`` base units make one of it."""

    id = identifier()
    group = models.ForeignKey(UnitGroup, on_delete=models.CASCADE, related_name="units")
    name = models.CharField(max_length=30)
    factor = quantity_field(default=Decimal(1))

    class Meta:
        ordering: ClassVar = ["group", "factor", "name"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["group", "name"],
                name="unit_name_unique",
                violation_error_message=_("This group has a unit of this name already."),
            ),
            models.CheckConstraint(
                condition=Q(factor__gt=0),
                name="unit_factor_positive",
                violation_error_message=_(
                    "The factor of a unit is above 0; that of the base unit is 1."
                ),
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(factor=1),
                name="unit_one_base_per_group",
                violation_error_message=_("This group has a unit with the factor 1 already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


@keeps_history()
class ProductCategory(models.Model):
    """A family of products; write-in lines carry one too."""

    id = identifier()
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    tax_category = optional_key(
        TaxCategory, help_text=_("How write-in lines of this category are taxed.")
    )

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = _("product categories")

    def __str__(self) -> str:
        return self.name


class ProductQuerySet(models.QuerySet["Product"]):
    """Reads of products; the catalogue is open to everybody who may sign in."""

    def active(self) -> ProductQuerySet:
        """Keep what can be sold."""
        return self.filter(is_active=True)


@keeps_history()
class Product(models.Model):
    """Goods, a service or a bundle that we sell."""

    class Kind(models.TextChoices):
        GOODS = "goods", _("Goods")
        SERVICE = "service", _("Service")
        BUNDLE = "bundle", _("Bundle")

    id = identifier()
    sku = models.CharField(_("SKU"), max_length=40, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GOODS)
    category = models.ForeignKey(ProductCategory, on_delete=models.PROTECT, related_name="products")
    unit_group = models.ForeignKey(UnitGroup, on_delete=models.PROTECT, related_name="+")
    default_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    decimals = models.PositiveSmallIntegerField(
        _("decimals allowed"),
        default=0,
        validators=[MaxValueValidator(5)],
        help_text=_("How many decimals a quantity may have."),
    )
    tax_category = models.ForeignKey(TaxCategory, on_delete=models.PROTECT, related_name="+")
    list_price = amount_field(null=True, blank=True, default=None)
    standard_cost = amount_field(null=True, blank=True, default=None)
    current_cost = amount_field(null=True, blank=True, default=None)
    cost_currency = currency_field(default="EUR")
    active_from = models.DateField(null=True, blank=True)
    active_to = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    custom = custom_values()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        indexes: ClassVar = [
            models.Index(fields=["name", "id"], name="product_by_name"),
            custom_values_index("product_custom"),
            GinIndex(
                fields=["sku", "name"],
                opclasses=["gin_trgm_ops", "gin_trgm_ops"],
                name="product_text_trgm",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(decimals__lte=5),
                name="product_decimals_at_most_5",
                violation_error_message=_("A quantity has at most 5 decimals."),
            ),
            dates_in_order("active_from", "active_to", name="product_active_dates_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

    def uncounted_reason(self, unit: Unit) -> str:
        """Return why the product is not counted in a unit; empty where it is."""
        if unit.group_id == self.unit_group_id:
            return ""
        sentence = gettext("%(product)s is not counted in %(unit)s.")
        return sentence % {"product": self.sku, "unit": unit}

    @property
    def step(self) -> Decimal:
        """The smallest quantity that it is sold in."""
        return Decimal(1).scaleb(-self.decimals)

    def clean(self) -> None:
        """Refuse a default unit that the product is not counted in, and figures below zero."""
        problems: dict[str, str] = {
            name: gettext("It cannot be negative: enter 0 or more.")
            for name in ("list_price", "standard_cost", "current_cost")
            if (getattr(self, name) or 0) < 0
        }
        unit, group = chosen(self, "default_unit"), chosen(self, "unit_group")
        if unit and group and unit.group_id != group.pk:
            problems["default_unit"] = gettext("%(unit)s is not a unit of %(group)s.") % {
                "unit": unit,
                "group": group,
            }
        if problems:
            raise ValidationError(problems)


@keeps_history()
class BundleItem(models.Model):
    """A product inside a bundle: required ones carry no price of their own, optional ones do."""

    id = identifier()
    bundle = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="bundle_items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    quantity = quantity_field(default=Decimal(1))
    is_required = models.BooleanField(_("required"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["bundle", "product"],
                name="bundle_item_unique",
                violation_error_message=_(
                    "The bundle holds this product already: change its quantity."
                ),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="bundle_item_positive",
                violation_error_message=_("The quantity in a bundle is above 0."),
            ),
            models.CheckConstraint(
                condition=~Q(bundle=models.F("product")),
                name="bundle_not_in_itself",
                violation_error_message=_("A bundle cannot hold itself: choose another product."),
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(quantity)s × %(product)s in %(bundle)s") % {
            "quantity": f"{self.quantity.normalize():f}",
            "product": self.product,
            "bundle": self.bundle,
        }

    def clean(self) -> None:
        """Refuse parts of what is no bundle, bundles in bundles, and units that do not fit."""
        if self.bundle.kind != Product.Kind.BUNDLE:
            raise ValidationError(
                gettext("%(product)s is not a bundle: it has no parts.")
                % {"product": self.bundle.name}
            )
        product, unit = chosen(self, "product"), chosen(self, "unit")
        if product and product.kind == Product.Kind.BUNDLE:
            raise ValidationError({"product": gettext("A bundle cannot be part of another.")})
        if product and unit and (problem := product.uncounted_reason(unit)):
            raise ValidationError({"unit": problem})


@keeps_history()
class RelatedProduct(models.Model):
    """A product to suggest beside another."""

    class Kind(models.TextChoices):
        CROSS_SELL = "cross_sell", _("Goes with it")
        UP_SELL = "up_sell", _("Better one")
        SUBSTITUTE = "substitute", _("Instead of it")

    id = identifier()
    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="related")
    other = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "other", "kind"],
                name="related_unique",
                violation_error_message=_("These products are related in this way already."),
            ),
            models.CheckConstraint(
                condition=~Q(product=models.F("other")),
                name="related_not_itself",
                violation_error_message=_(
                    "A product is not related to itself: choose another one."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.get_kind_display()} {self.other}"
