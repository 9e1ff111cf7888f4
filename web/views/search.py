"""One search over everything the person may see: by number first, then by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from crm.models import Account, Contact, Lead, Opportunity, User, normalise_name
from sales.models import Invoice, Order, Product, Quote
from web.chips.customers import lead_chip, stage_chip
from web.chips.documents import invoice_chip, order_chip, quote_chip
from web.display import Chip
from web.http import RepRequest
from web.record_urls import record_url

EACH = 8
"""How many of each kind are shown."""


@dataclass(frozen=True, slots=True)
class Found:
    """One record that matches."""

    kind: str
    title: str
    words: str
    url: str
    chip: Chip | None = None


@require_safe
@login_required
def search(request: RepRequest) -> HttpResponse:
    """Show what matches; a number that matches one document exactly leads straight there."""
    text = request.GET.get("q", "").strip()
    if text and (address := exact(text, request.user)):
        return HttpResponseRedirect(address)
    found = list(find(text, request.user)) if len(text) >= 2 else []
    context = {"search_text": text, "found": found, "too_short": 0 < len(text) < 2}
    return render(request, "fulfilment/search.html", context)


def exact(text: str, user: User) -> str:
    """Return the page of the one document with this number."""
    visible: tuple[QuerySet[Any], ...] = (
        Order.objects.visible_to(user),
        Invoice.objects.visible_to(user),
        Quote.objects.visible_to(user),
    )
    for documents in visible:
        newest = documents.filter(number__iexact=text).order_by("-id").first()
        if newest is not None:
            return record_url(newest)
    official = Invoice.objects.visible_to(user).filter(official_number__iexact=text).first()
    return record_url(official) if official else ""


def find(text: str, user: User) -> Iterator[Found]:
    """Look for the text in the numbers and names of every kind of record."""
    yield from _documents(text, user)
    yield from _customers(text, user)
    yield from _products(text, user)


def _documents(text: str, user: User) -> Iterator[Found]:
    named = Q(number__icontains=text) | Q(name__icontains=text) | Q(account__name__icontains=text)
    official = named | Q(official_number__icontains=text)
    quotes = Quote.objects.visible_to(user).filter(named).select_related("account", "company")
    orders = Order.objects.visible_to(user).filter(named).select_related("account")
    invoices = (
        Invoice.objects.visible_to(user).filter(official).select_related("account", "company")
    )
    for order in orders.order_by("-id")[:EACH]:
        yield _document(gettext("Order"), order, order_chip(order))
    for invoice in invoices.prefetch_related("instalments").order_by("-id")[:EACH]:
        yield _document(gettext("Invoice"), invoice, invoice_chip(invoice))
    for quote in quotes.order_by("-id")[:EACH]:
        yield _document(gettext("Quote"), quote, quote_chip(quote))


def _document(kind: str, document: Quote | Order | Invoice, chip: Chip) -> Found:
    words = f"{document.account} · {document.name}"
    return Found(kind, str(document), words, record_url(document), chip)


def _customers(text: str, user: User) -> Iterator[Found]:
    alike = Q(name__icontains=text) | Q(normalised_name__icontains=normalise_name(text) or text)
    for account in Account.objects.visible_to(user).filter(alike)[:EACH]:
        yield Found(gettext("Account"), str(account), account.billing_city, record_url(account))
    for contact in _people(text, Contact.objects.visible_to(user).select_related("account")):
        words = str(contact.account)
        yield Found(gettext("Contact"), str(contact), words, record_url(contact))
    deals = Opportunity.objects.visible_to(user).select_related("account", "stage")
    for deal in deals.filter(Q(name__icontains=text) | Q(account__name__icontains=text))[:EACH]:
        chip = stage_chip(deal)
        yield Found(gettext("Opportunity"), str(deal), str(deal.account), record_url(deal), chip)
    topical = Q(topic__icontains=text) | Q(company_name__icontains=text)
    leads = Lead.objects.visible_to(user).filter(topical | Q(last_name__icontains=text))
    for lead in leads[:EACH]:
        words = lead.company_name or lead.full_name
        yield Found(gettext("Lead"), str(lead), words, record_url(lead), lead_chip(lead))


def _people(text: str, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    for word in text.split():
        named = Q(first_name__icontains=word) | Q(last_name__icontains=word)
        contacts = contacts.filter(named | Q(email__icontains=word))
    return contacts[:EACH]


def _products(text: str, user: User) -> Iterator[Found]:
    if not user.has_perm("sales.view_product"):
        return
    alike = Q(sku__icontains=text) | Q(name__icontains=text)
    for product in Product.objects.filter(alike).order_by("name", "pk")[:EACH]:
        yield Found(gettext("Product"), product.name, product.sku, record_url(product))
