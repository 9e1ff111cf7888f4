"""Which records a partner sees, with what is read beside them."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import JSONObject

from crm.models import Account, Partner
from fulfilment.models import Shipment
from sales.models import AccountTerms, Invoice, Payment, PriceList, Product


def visible_products(_partner: Partner) -> QuerySet[Any]:
    """Return the products, which are the same for all."""
    return Product.objects.select_related("default_unit", "category")


def visible_price_lists(partner: Partner) -> QuerySet[PriceList]:
    """Return the price lists but those on which only other accounts than the granted ones buy."""
    terms = AccountTerms.objects.filter(price_list=OuterRef("pk"))
    own = terms.filter(account__in=Account.objects.visible_to(partner))
    return PriceList.objects.filter(Exists(own) | ~Exists(terms))


def visible_accounts(partner: Partner) -> QuerySet[Any]:
    """Return the accounts that a partner was granted, with what it calls them."""
    named = partner.external_ids.filter(record_id=OuterRef("pk")).order_by("system")
    refs = ArraySubquery(named.values(ref=JSONObject(system="system", id="external_id")))
    return Account.objects.visible_to(partner).annotate(external_refs=refs)


def visible_invoices(partner: Partner) -> QuerySet[Invoice]:
    """Return the invoices of granted accounts, without credit notes."""
    return Invoice.objects.visible_to(partner).filter(kind=Invoice.Kind.INVOICE)


def visible_credit_notes(partner: Partner) -> QuerySet[Invoice]:
    """Return the credit notes of granted accounts."""
    return Invoice.objects.visible_to(partner).filter(kind=Invoice.Kind.CREDIT_NOTE)


def visible_payments(partner: Partner) -> QuerySet[Payment]:
    """Return what settles the invoices of granted accounts, with their currency."""
    invoices = Invoice.objects.visible_to(partner)
    return Payment.objects.filter(invoice__in=invoices).select_related("invoice")


def visible_shipments(partner: Partner) -> QuerySet[Any]:
    """Return the shipments and returns of orders of granted accounts."""
    return Shipment.objects.visible_to(partner).prefetch_related("lines")
