"""Fields that people and systems give a draft: of its head, and of its lines."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import TypedDict

from crm.models import Account, Contact, Opportunity, Partner, Team, User
from sales.models import (
    AnyLine,
    Company,
    Invoice,
    PaymentTerms,
    PriceList,
    Product,
    ProductCategory,
    TaxCategory,
    TaxZone,
    Unit,
)


class HeadFields(TypedDict, total=False):
    """Of the head of any draft; None leaves what the account's terms say."""

    id: uuid.UUID
    owner: User
    team: Team | None
    company: Company | None
    contact: Contact | None
    currency: str | None
    price_list: PriceList | None
    payment_terms: PaymentTerms | None
    tax_zone: TaxZone | None
    prices_include_tax: bool
    rounding: str
    discount_method: str
    billing_address: Mapping[str, str]
    shipping_address: Mapping[str, str]
    customer_reference: str
    notes: str
    discount_amount: Decimal
    discount_rate: Decimal | None
    freight: Decimal
    custom: Mapping[str, object]
    created_by: User | None


class QuoteFields(HeadFields, total=False):
    """Of the head of a quote."""

    opportunity: Opportunity | None
    valid_from: dt.date | None
    valid_until: dt.date | None


class OrderFields(HeadFields, total=False):
    """Of the head of an order."""

    opportunity: Opportunity | None
    partner: Partner | None
    requested_on: dt.date | None


class PlacedFields(OrderFields, total=False):
    """Of the head of an order that another system placed."""

    origin: str
    confirmed_on: dt.date | None


class InvoiceFields(HeadFields, total=False):
    """Of the head of an invoice that bills no order."""

    kind: Invoice.Kind
    reason: str
    issued_on: dt.date | None
    due_on: dt.date | None


class HeadChanges(QuoteFields, OrderFields, InvoiceFields, total=False):
    """Of the head of a draft that is there: its account and name too."""

    account: Account
    name: str


class LineFields(TypedDict, total=False):
    """Of a line; a price is as people type it: that of a deduction is what it takes off."""

    id: uuid.UUID
    kind: str
    description: str
    product_category: ProductCategory | None
    sku: str
    is_optional: bool
    is_taken: bool
    unit_price: Decimal | None
    price_quantity: Decimal
    price_source: str
    price_origin: str
    discount_amount: Decimal | None
    discount_rate: Decimal | None
    charge_amount: Decimal
    tax_category: TaxCategory | None
    tax_rate: Decimal | None
    requested_on: dt.date | None
    custom: Mapping[str, object]


class NewLineFields(LineFields, total=False):
    """Of a new line: what it is of, how much (1 unless given), and the bundle it is a part of.

    A typed ``unit_price`` overrides the list's, and is for one unit unless there is a
    ``price_quantity`` with it. With an ``id`` the line has that id.
    """

    product: Product | None
    quantity: Decimal
    unit: Unit | None
    bundle_line: AnyLine


class NewOrderLineFields(NewLineFields, total=False):
    """Of a new line of an order: the day that another system confirmed for it."""

    confirmed_on: dt.date | None


class LineChanges(LineFields, total=False):
    """Of a line that is there: its unit and quantity too."""

    quantity: Decimal
    unit: Unit | None
    product: Product | None
