"""Base classes of quotes, orders and invoices, and of their lines."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.fields import (
    amount_field,
    currency_field,
    custom_values,
    identifier,
    optional_key,
    quantity_field,
    rate_field,
)
from common.transitions import Stateful
from common.triggers import MovesLegally, NeverDeleted
from crm.models import Account, Contact, Owned
from sales.models import line_kinds
from sales.models.catalogue import Product, ProductCategory, Unit
from sales.models.companies import Company, PricingRules
from sales.models.constraints import exchange_rate_positive
from sales.models.line_constraints import deducted_whole, on_their_side
from sales.models.price_lists import (
    PriceList,
    PriceListItem,
    price_is_for_units,
    price_quantity_field,
)
from sales.models.taxes import TaxCategory, TaxZone
from sales.models.terms import PaymentTerms
from sales.models.triggers import (
    AddsUp,
    EventPerVersion,
    NeverNegative,
    OneCurrency,
    VersionsInStep,
)

DISCOUNT_RATE_RULE = _("Give the discount rate as a fraction from 0 to 1: 0.1 is 10 %%.")


class Document(PricingRules, Owned, Stateful):
    """The head of a quote, an order or an invoice; every amount is in ``currency``.

    detail = Σ line net; pre-freight = detail - header discount;
    total = pre-freight + freight + Σ tax.
    """

    own_columns: ClassVar[tuple[str, ...]] = ()
    """Plain columns that only this kind of document has and people type.

    Forms, admin and page show them; payloads and the REST API have them under these names.
    """

    id = identifier()
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=30, null=True, blank=True, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    name = models.CharField(max_length=200)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="%(class)ss")
    contact = optional_key(Contact)
    currency = currency_field()
    exchange_rate = models.DecimalField(
        max_digits=24,
        decimal_places=12,
        default=Decimal(1),
        help_text=_("Units of the document's currency per unit of the company's base currency."),
    )
    exchange_rate_on = models.DateField(null=True, blank=True)
    price_list = optional_key(PriceList)
    payment_terms = optional_key(PaymentTerms)
    tax_zone = optional_key(TaxZone)
    prices_include_tax = models.BooleanField(default=False)
    billing_address = models.JSONField(default=dict, blank=True)
    shipping_address = models.JSONField(default=dict, blank=True)
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    notes = models.TextField(blank=True)

    discount_amount = amount_field()
    discount_rate = rate_field(default=Decimal(0))
    detail = amount_field()
    discount = amount_field()
    freight = amount_field()
    tax = amount_field()
    total = amount_field()

    custom = custom_values()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(total=F("detail") - F("discount") + F("freight") + F("tax")),
                name="%(class)s_total_adds_up",
                violation_error_message=_(
                    "The total is the detail less the discount, plus freight and tax."
                ),
            ),
            models.CheckConstraint(
                condition=Q(discount_rate__gte=0, discount_rate__lte=1),
                name="%(class)s_discount_is_a_rate",
                violation_error_message=DISCOUNT_RATE_RULE,
            ),
            exchange_rate_positive("exchange_rate", name="%(class)s_exchange_rate_positive"),
        ]
        triggers: ClassVar = [
            MovesLegally(),
            NeverDeleted(where="OLD.status <> 'draft'"),
            VersionsInStep(),
            EventPerVersion(),
            OneCurrency(),
            AddsUp(),
            NeverNegative(),
        ]

    @classmethod
    def own_fields(cls) -> list[models.Field[Any, Any]]:
        """Return the model fields of the own columns."""
        return [each for each in cls._meta.fields if each.name in cls.own_columns]

    @property
    def is_draft(self) -> bool:
        """Whether the document may still be edited."""
        return bool(self.status == "draft")

    @property
    def prices_locked(self) -> bool:
        """Whether prices were agreed and no longer follow the price list."""
        return not self.is_draft

    @property
    def bills_order(self) -> bool:
        """Whether the figures are those of an order and cannot be edited here."""
        return False

    @property
    def delivery_address(self) -> dict[str, str]:
        """Where goods go: to the shipping, else the billing address; empty without either."""
        known = (self.shipping_address, self.billing_address)
        return next((address for address in known if _leads_somewhere(address)), {})

    @property
    def pre_freight(self) -> Decimal:
        """What is left of the lines after the header discount."""
        left: Decimal = self.detail - self.discount
        return left


def _leads_somewhere(address: dict[str, str]) -> bool:
    """Whether an address names more than a country."""
    return any(address.get(part) for part in ("street", "postal_code", "city"))


class DocumentLine(models.Model):
    """A line; the price is frozen when the line is added and never changes by itself."""

    Kind = line_kinds.LineKind
    TEXTS: ClassVar = line_kinds.TEXTS
    SOLD: ClassVar = line_kinds.SOLD
    DEDUCTIONS: ClassVar = line_kinds.DEDUCTIONS
    AHEAD: ClassVar = line_kinds.AHEAD

    class PriceSource(models.TextChoices):
        LIST = "list", _("Price list")
        TYPED = "typed", _("Typed")
        BUNDLE = "bundle", _("Part of a bundle")
        QUOTE = "quote", _("Agreed in the quote")
        EXTERNAL = "external", _("From an external system")

    dated_rates: Sequence[Mapping[str, Any]]
    """The rates of its tax category on all days, where ``with_dated_rates`` read them along."""
    todays_rate: Decimal | None
    """The tax rate of today, where ``put_todays_rates`` put it."""

    id = identifier()
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.PRODUCT)
    product = optional_key(Product)
    product_category = optional_key(ProductCategory)
    sku = models.CharField(_("SKU"), max_length=40, blank=True)
    description = models.CharField(max_length=500)
    unit = optional_key(Unit)
    quantity = quantity_field(default=Decimal(1))
    is_optional = models.BooleanField(_("optional"), default=False)
    is_taken = models.BooleanField(_("taken"), default=True)
    unit_price = amount_field(null=True, blank=True, default=None)
    price_quantity = price_quantity_field()
    price_source = models.CharField(max_length=10, choices=PriceSource, default=PriceSource.LIST)
    price_origin = models.CharField(
        max_length=100, blank=True, help_text=_("The external system that the price came from.")
    )
    price_list_item = models.ForeignKey(
        PriceListItem, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    volume_discount = amount_field(help_text=_("Off the price."))
    discount_amount = amount_field(
        null=True, blank=True, default=None, help_text=_("Off the whole line, or off each unit.")
    )
    discount_rate = rate_field(null=True, blank=True)
    charge_amount = amount_field(
        editable=False, help_text=_("What another system adds to the whole line, as prices are.")
    )
    tax_category = optional_key(TaxCategory)
    tax_rate = rate_field(null=True, blank=True)
    tax_rate_is_typed = models.BooleanField(default=False)
    unit_cost = amount_field(null=True, blank=True, default=None)
    bundle_line = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="bundle_parts"
    )
    bundle_line_id: uuid.UUID | None
    requested_on = models.DateField(null=True, blank=True)

    base = amount_field()
    promotion_discount = amount_field(help_text=_("What promotion codes take off the line."))
    discount = amount_field(help_text=_("The line's own discount in money, promotions included."))
    charge = amount_field(editable=False, help_text=_("The line's charge in money."))
    net = amount_field()
    header_discount = amount_field(help_text=_("The line's share of the header discount."))
    tax = amount_field()
    gross = amount_field()
    custom = custom_values()

    class Meta:
        abstract = True
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(net=F("base") - F("discount") + F("charge")),
                name="%(class)s_net_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("tax")), name="%(class)s_gross_adds_up"
            ),
            models.CheckConstraint(
                condition=~Q(kind="product") | Q(product__isnull=False),
                name="%(class)s_product_named",
            ),
            models.CheckConstraint(
                condition=Q(discount_amount__isnull=True) | Q(discount_rate__isnull=True),
                name="%(class)s_discount_one_way",
            ),
            models.CheckConstraint(
                condition=Q(discount_rate__isnull=True)
                | Q(discount_rate__gte=0, discount_rate__lte=1),
                name="%(class)s_discount_is_a_rate",
                violation_error_message=DISCOUNT_RATE_RULE,
            ),
            models.CheckConstraint(
                condition=Q(tax_rate__isnull=True) | Q(tax_rate__gte=0, tax_rate__lte=1),
                name="%(class)s_tax_is_a_rate",
            ),
            models.CheckConstraint(
                condition=on_their_side(), name="%(class)s_figures_on_their_side"
            ),
            models.CheckConstraint(condition=deducted_whole(), name="%(class)s_deducted_whole"),
            price_is_for_units("%(class)s_price_quantity"),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def facts(self) -> line_kinds.LineFacts:
        """The facts of its kind."""
        return line_kinds.FACTS[self.kind]

    @property
    def is_text(self) -> bool:
        """Whether the line is a section or a note: text without a price."""
        return self.facts.is_text

    @property
    def is_sold(self) -> bool:
        """Whether the line is of goods or a service, which are counted in units."""
        return self.facts.is_sold

    @property
    def is_bundle(self) -> bool:
        """Whether it is the line of a bundle: its parts are shipped, it has the price."""
        return self.product is not None and self.product.kind == Product.Kind.BUNDLE

    @property
    def is_deduction(self) -> bool:
        """Whether the line is a trade-in or a rebate: taken off, and counted in money."""
        return self.facts.is_deduction

    @property
    def is_ahead(self) -> bool:
        """Whether the line asks for money ahead of the goods, or deducts it."""
        return self.facts.is_ahead

    @property
    def is_taxed(self) -> bool:
        """Whether the line needs a tax rate: freight, asked ahead or not, is not taxed."""
        return self.facts.is_taxed

    @property
    def typed_price(self) -> Decimal | None:
        """The price as people type it: that of a deduction is what it takes off, above zero."""
        return self.signed_price(self.unit_price)

    def signed_price(self, price: Decimal | None) -> Decimal | None:
        """Turn a typed price into that of the line, or back: that of a deduction is below zero."""
        return price.copy_negate() if price and self.is_deduction else price  # NaN has no minus

    @property
    def taxable(self) -> Decimal:
        """What of it is taxed: the net less its share of the header discount."""
        taxable: Decimal = self.net - self.header_discount
        return taxable

    @property
    def code_or_kind(self) -> str:
        """What names it in the column of codes: the SKU, or what kind of line it is."""
        return self.sku or self.get_kind_display()

    @property
    def is_billed(self) -> bool:
        """Whether any of it is billed: only what was ordered can be."""
        return False

    @property
    def is_included(self) -> bool:
        """Whether the customer takes the line: one that is no option, or an option taken."""
        return self.is_taken or not self.is_optional

    @property
    def is_fixed_part(self) -> bool:
        """Whether the line is a part that is always in its bundle."""
        return self.bundle_line_id is not None and self.price_source == self.PriceSource.BUNDLE

    @property
    def counts(self) -> bool:
        """Whether the line is part of the sum: texts and options not taken are not."""
        return not self.is_text and self.is_included

    @property
    def bills_order(self) -> bool:
        """Whether the line bills a line of an order, whose figures it takes."""
        return False
