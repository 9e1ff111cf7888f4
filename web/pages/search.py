"""Search: records by number first, then by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.html import format_html
from django.utils.translation import gettext

from crm.models import Account, Contact, Lead, Opportunity, User, normalise_name
from sales.models import Product
from web.chips.customers import lead_chip, stage_chip
from web.display import Chip, joined
from web.pages.cards import CardRow
from web.pages.document_kinds import STYLES
from web.record_urls import record_url

EACH = 8
"""How many of each kind are shown."""

SHORTEST = 2
"""So many letters must be typed at least."""


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What matches a text, over every kind of record the person may see."""

    search_text: str
    found: Sequence[CardRow]
    too_short: bool


def search_page(text: str, user: User) -> SearchPage:
    """Look for a text in the numbers and names of every kind of record; ten statements."""
    found = list(_find(text, user)) if len(text) >= SHORTEST else []
    return SearchPage(text, found, too_short=0 < len(text) < SHORTEST)


def url_of_number(text: str, user: User) -> str:
    """Return the page of the one document with this number."""
    ours = [(kind, "number") for kind in STYLES]
    official = [(kind, kind.official_number) for kind in STYLES if kind.official_number]
    for kind, column in (*ours, *official):
        documents = kind.model._default_manager.visible_to(user)
        newest = documents.filter(**{f"{column}__iexact": text}).order_by("-id").first()
        if newest is not None:
            return record_url(newest)
    return ""


def _find(text: str, user: User) -> Iterator[CardRow]:
    """Look for the text in the numbers and names of every kind of record."""
    yield from _documents(text, user)
    yield from _customers(text, user)
    yield from _products(text, user)


def _documents(text: str, user: User) -> Iterator[CardRow]:
    named = Q(name__icontains=text) | Q(account__name__icontains=text)
    for kind, look in STYLES.items():
        visible = kind.model._default_manager.visible_to(user)
        found = visible.filter(named | kind.is_called(text, "icontains"))
        for document in look.read(found).select_related("account", "company")[:EACH]:
            detail = joined(document.account, document.name)
            yield _row(kind.label, document, detail, look.chip(document))


def _customers(text: str, user: User) -> Iterator[CardRow]:
    alike = Q(name__icontains=text) | Q(normalised_name__icontains=normalise_name(text) or text)
    for account in Account.objects.visible_to(user).filter(alike)[:EACH]:
        yield _row(gettext("Account"), account, account.billing_city)
    for contact in _people(text, Contact.objects.visible_to(user).select_related("account")):
        yield _row(gettext("Contact"), contact, str(contact.account))
    deals = Opportunity.objects.visible_to(user).select_related("account", "stage")
    for deal in deals.filter(Q(name__icontains=text) | Q(account__name__icontains=text))[:EACH]:
        yield _row(gettext("Opportunity"), deal, str(deal.account), stage_chip(deal))
    topical = Q(topic__icontains=text) | Q(company_name__icontains=text)
    leads = Lead.objects.visible_to(user).filter(topical | Q(last_name__icontains=text))
    for lead in leads[:EACH]:
        yield _row(gettext("Lead"), lead, lead.account_name, lead_chip(lead))


def _people(text: str, contacts: QuerySet[Contact]) -> QuerySet[Contact]:
    for word in text.split():
        named = Q(first_name__icontains=word) | Q(last_name__icontains=word)
        contacts = contacts.filter(named | Q(email__icontains=word))
    return contacts[:EACH]


def _products(text: str, user: User) -> Iterator[CardRow]:
    if not user.has_perm("sales.view_product"):
        return
    alike = Q(sku__icontains=text) | Q(name__icontains=text)
    for product in Product.objects.filter(alike).order_by("name", "pk")[:EACH]:
        yield replace(_row(gettext("Product"), product, product.sku), title=product.name)


def _row(kind: str, record: models.Model, detail: str, chip: Chip | None = None) -> CardRow:
    return CardRow(
        mark=format_html('<span class="kind">{}</span>', kind),
        title=str(record),
        url=record_url(record),
        detail=joined(detail),
        chip=chip,
    )
