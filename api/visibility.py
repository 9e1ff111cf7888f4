"""Which records a partner sees, with what is read beside them."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest, JSONObject

from crm.models import Account, Partner
from fulfilment.models import Attempt, Handoff, Shipment
from sales.models import AccountTerms, Invoice, Payment, PriceList, Product, SalesEvent
from sales.models.events import of_visible_documents


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


def visible_deliveries(partner: Partner) -> QuerySet[Any]:
    """Return what was queued for the endpoints of a partner, of documents that it may still read.

    Each with when it last changed: queued, tried or delivered.
    """
    kinds = [kind for kind in SalesEvent.Subject.values if partner.may_read(kind)]
    attempts = Attempt.objects.filter(handoff=OuterRef("pk")).order_by("-id")
    last = Subquery(attempts.values("finished_at")[:1])
    return (
        Handoff.objects.filter(
            of_visible_documents(partner, kind="event__subject_type", key="event__subject_id"),
            lane__connection__partner=partner,
            lane__connection__removed_at=None,
            event__subject_type__in=kinds,
        )
        .select_related("event", "lane")
        .annotate(changed_at=Greatest("created_at", "delivered_at", last))
    )
