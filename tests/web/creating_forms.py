"""The forms of the UI that make something new each time they are sent, and what is typed there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import models
from django.urls import reverse

from crm.models import Account, Activity, Contact, Lead, Opportunity
from fulfilment.models import Parcel, Shipment
from sales.models import (
    CustomerCreditEntry,
    Invoice,
    InvoiceLine,
    OpportunityLine,
    Order,
    OrderLine,
    Payment,
    Quote,
    QuoteLine,
)
from tests.factories import StageFactory
from tests.html_forms import HtmlForm
from tests.web.one_of_each import OneOfEach
from web.record_urls import record_url

CARRIER = "The carrier of the forms"
"""By whom goods were shipped that the forms of returns and parcels are about."""

Typed = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class CreatingForm:
    """A form, by the page that has it and the URL it is sent to, and what one sending makes."""

    page: Callable[[OneOfEach], str]
    makes: type[models.Model]
    typed: Callable[[OneOfEach], Typed] = field(default=lambda one: {})
    below: str = ""
    """How the form's URL ends, where it is not the page's own."""
    each_line: str = ""
    """What is typed for each line that the form asks a quantity of."""

    def answers(self, form: HtmlForm, one: OneOfEach) -> dict[str, str]:
        """Return the fields of the form as a person fills them in."""
        lines = {name: self.each_line for name in form.fields if is_id(name)}
        typed = {name: str(value) for name, value in self.typed(one).items()}
        return {**form.fields, **lines, **typed}


def is_id(name: str) -> bool:
    """Whether a field is named after a line."""
    try:
        uuid.UUID(name)
    except ValueError:
        return False
    return True


def new(name: str) -> Callable[[OneOfEach], str]:
    return lambda one: reverse(f"{name}-new")


def of(record: str, name: str) -> Callable[[OneOfEach], str]:
    return lambda one: reverse(name, args=[getattr(one, record).pk])


def page(record: str) -> Callable[[OneOfEach], str]:
    return lambda one: record_url(getattr(one, record))


def line(document: str, url_word: str, name: str) -> Callable[[OneOfEach], str]:
    return lambda one: reverse(name, args=[url_word, getattr(one, document).pk])


def shipped(name: str) -> Callable[[OneOfEach], str]:
    def url(one: OneOfEach) -> str:
        shipment = Shipment.objects.get(carrier=CARRIER, order=one.order)
        return reverse(name, args=[shipment.pk])

    return url


def customer(one: OneOfEach) -> Typed:
    return {"name": "Sent again", "account": one.account.pk}


def reference() -> Typed:
    """A reference that no payment has yet: the same one would be known by itself."""
    return {"reference": f"R-{Payment.objects.count()}-{CustomerCreditEntry.objects.count()}"}


def invoicing(**typed: str) -> CreatingForm:
    return CreatingForm(
        of("order", "sales:order-invoice"), Invoice, lambda one: typed, each_line="1"
    )


def category(one: OneOfEach) -> Typed:
    return {
        "description": "Old machine",
        "quantity": "1",
        "unit_price": "1.00",
        "product_category": one.product.category_id,
    }


CREATING: dict[str, CreatingForm] = {
    "lead": CreatingForm(new("crm:lead"), Lead, lambda one: {"topic": "Bar", "last_name": "Li"}),
    "account": CreatingForm(new("crm:account"), Account, lambda one: {"name": "Sent again"}),
    "contact": CreatingForm(
        new("crm:contact"), Contact, lambda one: {"last_name": "Li", "account": one.account.pk}
    ),
    "opportunity": CreatingForm(
        new("crm:opportunity"),
        Opportunity,
        lambda one: {**customer(one), "stage": StageFactory.create().pk},
    ),
    "quote": CreatingForm(new("sales:quote"), Quote, customer),
    "order": CreatingForm(new("sales:order"), Order, customer),
    "invoice": CreatingForm(new("sales:invoice"), Invoice, customer),
    "note": CreatingForm(
        page("lead"), Activity, lambda one: {"text": "Called"}, below="/activities/crm/lead/"
    ),
    "product line": CreatingForm(
        page("draft_quote"), QuoteLine, lambda one: {"q": one.product.sku}, below="/lines/add/"
    ),
    "product line of an order": CreatingForm(
        page("draft_order"), OrderLine, lambda one: {"q": one.product.sku}, below="/lines/add/"
    ),
    "product line of an invoice": CreatingForm(
        page("draft_invoice"), InvoiceLine, lambda one: {"q": one.product.sku}, below="/lines/add/"
    ),
    "write-in line": CreatingForm(
        line("draft_quote", "quotes", "sales:line-write-in"), QuoteLine, category
    ),
    "deduction": CreatingForm(
        line("draft_order", "orders", "sales:line-deduction"), OrderLine, category
    ),
    "heading": CreatingForm(
        line("draft_invoice", "invoices", "sales:line-text"),
        InvoiceLine,
        lambda one: {"kind": "note", "description": "Thank you"},
    ),
    "opportunity line": CreatingForm(
        of("open_opportunity", "sales:opportunity-add-line"),
        OpportunityLine,
        lambda one: {"product": one.product.sku},
    ),
    "opportunity deduction": CreatingForm(
        of("open_opportunity", "sales:opportunity-deduct"), OpportunityLine, category
    ),
    "quote of an opportunity": CreatingForm(
        of("open_opportunity", "sales:opportunity-quote"), Quote
    ),
    "order of an opportunity": CreatingForm(
        of("open_opportunity", "sales:opportunity-order"), Order
    ),
    "lines of an opportunity": CreatingForm(page("draft_quote"), QuoteLine, below="/take-lines/"),
    "invoice of all": invoicing(what="lines"),
    "invoice of a percentage": invoicing(what="percentage", rate="1"),
    "down payment": invoicing(what="down_payment", rate="1"),
    "milestone": invoicing(what="milestone", amount="1", description="Delivery of the plans"),
    "credit note": CreatingForm(
        of("invoice", "sales:invoice-credit"),
        Invoice,
        lambda one: {"reason": "Broken"},
        each_line="1",
    ),
    "payment": CreatingForm(
        of("invoice", "sales:invoice-pay"), Payment, lambda one: {"amount": "1", **reference()}
    ),
    "refund": CreatingForm(
        of("overpaid_invoice", "sales:invoice-refund"),
        Payment,
        lambda one: {"amount": "1", "reason": "Paid too much", **reference()},
    ),
    "refund of customer credit": CreatingForm(
        of("account", "sales:credit-refund"),
        CustomerCreditEntry,
        lambda one: {"amount": "0.10", "reason": "Left us", **reference()},
    ),
    "shipment": CreatingForm(
        of("order", "fulfilment:shipment-new"),
        Shipment,
        lambda one: {"status": "shipped"},
        each_line="1",
    ),
    "return": CreatingForm(
        shipped("fulfilment:shipment-return"),
        Shipment,
        lambda one: {"replace": "no"},
        each_line="1",
    ),
    "parcel": CreatingForm(
        shipped("fulfilment:shipment-parcel"),
        Parcel,
        lambda one: {"tracking": f"P-{Parcel.objects.count()}"},
    ),
}
