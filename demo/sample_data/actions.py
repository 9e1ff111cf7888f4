"""Actions of the sample users: short functions around service calls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from crm.actors import Actor, System
from crm.models import Opportunity, Stage
from demo.companies import COMPANY
from demo.personas import PIETER
from demo.sample_data.catalogue import product
from demo.sample_data.customers import Customer, account
from demo.sample_data.users import user
from fulfilment.services.shipments import record_shipment
from sales.models import Company, DocumentLine, Invoice, Order, OrderLine, Quote
from sales.services.documents.drafts import draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.documents.locks import lock_invoice
from sales.services.invoices import OfficialFigures, issue_invoice, store_official
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from sales.services.quotes import accept_quote, activate_quote

Items = Iterable[tuple[str, ...]]
"""SKU, quantity and, where one was given, the line's discount: ``10`` off, or ``5%``."""

FORMER_ERP = System("ERP", connection="erp")
"""The system that numbered the invoices of the past, in a format other than today's."""


def in_days(days: int) -> dt.date:
    """Return the day this many days after the action's own, as the company counts days."""
    return Company.objects.get(name=COMPANY).today() + dt.timedelta(days=days)


def open_opportunity(
    customer: Customer, name: str, stage: str, revenue: str, *, closes_in: int
) -> Opportunity:
    """Enter an opportunity with a customer."""
    buyer = account(customer)
    return Opportunity.objects.create(
        name=name,
        account=buyer,
        contact=buyer.contacts.first(),
        stage=Stage.objects.get(name=stage),
        currency=buyer.terms.currency,
        expected_revenue=Decimal(revenue),
        close_on=in_days(closes_in),
        owner=buyer.owner,
    )


def draft_quote_for(
    customer: Customer,
    name: str,
    items: Items,
    *,
    valid_days: int = 30,
    opportunity: Opportunity | None = None,
    **head: Any,
) -> Quote:
    """Draft a quote with its lines."""
    buyer = account(customer)
    drafted = draft_quote(
        actor=buyer.owner,
        account=buyer,
        name=name,
        contact=buyer.contacts.first(),
        company=_seller(customer),
        opportunity=opportunity,
        valid_until=in_days(valid_days),
        **head,
    )
    add_lines(drafted, items, buyer.owner)
    return drafted


def send_quote(customer: Customer, name: str, items: Items, **head: Any) -> Quote:
    """Draft a quote and activate it."""
    drafted = draft_quote_for(customer, name, items, **head)
    return activate_quote(drafted.pk, actor=account(customer).owner)


def accept(offer: Quote, reference: str) -> Order:
    """Record the acceptance of a quote and submit its order."""
    buyer = offer.contact
    order = accept_quote(
        offer.pk,
        actor=offer.owner,
        name=str(buyer or ""),
        email=buyer.email if buyer else "",
        customer_reference=reference,
    )
    order.refresh_from_db()
    return submit_order(order.pk, actor=offer.owner) if order.is_draft else order


def draft_order_for(
    customer: Customer, name: str, items: Items, *, requested_in: int | None = None, **head: Any
) -> Order:
    """Draft an order by hand."""
    buyer = account(customer)
    drafted = draft_order(
        actor=buyer.owner,
        account=buyer,
        name=name,
        contact=buyer.contacts.first(),
        company=_seller(customer),
        requested_on=in_days(requested_in) if requested_in is not None else None,
        **head,
    )
    add_lines(drafted, items, buyer.owner)
    return drafted


def submit_new_order(customer: Customer, name: str, items: Items, **head: Any) -> Order:
    """Draft an order by hand and submit it."""
    drafted = draft_order_for(customer, name, items, **head)
    return submit_order(drafted.pk, actor=drafted.owner)


def ship(
    sold: Order,
    parcels: Mapping[str, str] | None = None,
    *,
    status: str = "shipped",
    carrier: str = "DHL",
    tracking: str = "",
) -> None:
    """Record a shipment: these quantities per SKU, or all goods that are still open."""
    lines = {
        line.pk: Decimal(parcels[line.sku]) if parcels else line.open_to_ship
        for line in sold.lines.select_related("product")
        if line.counts and line.open_to_ship and _is_shipped(line, parcels)
    }
    record_shipment(
        sold.pk,
        actor=user(PIETER),
        lines=lines,
        status=status,
        carrier=carrier,
        tracking=tracking,
    )


def post(invoice: Invoice, official_number: str) -> Invoice:
    """Record the official number of an invoice."""
    figures = OfficialFigures(
        official_number,
        status="posted",
        issued_on=invoice.company.today(),
        tax=invoice.tax,
        total=invoice.total,
        source=FORMER_ERP.connection,
    )
    with transaction.atomic():
        return store_official(lock_invoice(invoice.pk)[0], figures, actor=FORMER_ERP)


def pay(invoice: Invoice, reference: str, amount: str | None = None) -> None:
    """Record a payment; without an amount, the one that settles the invoice that day."""
    owed = invoice.outstanding - invoice.discount_on(invoice.company.today())
    record_payment(
        invoice.pk,
        actor=user(PIETER),
        amount=Decimal(amount) if amount else owed,
        received_on=invoice.company.today(),
        reference=reference,
        method="Transfer",
    )


def issue(invoice: Invoice) -> Invoice:
    """Issue a draft invoice."""
    return issue_invoice(invoice.pk, actor=user(PIETER))


def draft_invoice_for(customer: Customer, name: str, items: Items) -> Invoice:
    """Draft an invoice that belongs to no order."""
    buyer = account(customer)
    drafted = draft_invoice(
        actor=user(PIETER),
        owner=buyer.owner,
        account=buyer,
        name=name,
        company=_seller(customer),
    )
    add_lines(drafted, items, user(PIETER))
    return drafted


def add_lines(document: Quote | Order | Invoice, items: Items, actor: Actor) -> None:
    """Add lines to a draft."""
    for sku, quantity, *discount in items:
        fields: dict[str, Any] = _discount(discount[0]) if discount else {}
        add_line(document, actor=actor, product=product(sku), quantity=Decimal(quantity), **fields)
    document.refresh_from_db()


def take_back(document: Quote | Order, what: str, price: str, *, like: str) -> None:
    """Take something back in part payment, taxed like the product it is given for."""
    sold = product(like)
    add_line(
        document,
        actor=document.owner,
        kind=DocumentLine.Kind.DEDUCTION,
        description=what,
        unit_price=Decimal(price),
        product_category=sold.category,
        tax_category=sold.tax_category,
    )
    document.refresh_from_db()


def _discount(typed: str) -> dict[str, Decimal]:
    if typed.endswith("%"):
        return {"discount_rate": Decimal(typed[:-1]) / 100}
    return {"discount_amount": Decimal(typed)}


def _is_shipped(line: OrderLine, parcels: Mapping[str, str] | None) -> bool:
    return line.sku in parcels if parcels else line.is_shipped_goods


def _seller(customer: Customer) -> Company | None:
    """Return the company in Berlin for German customers, None for the default one."""
    return Company.objects.filter(number_prefix="DE-").first() if customer.zone == "de" else None
