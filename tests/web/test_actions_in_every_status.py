"""An action on a record whose status does not allow it is refused, never an error of the server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

import pytest
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from crm import roles
from crm.models import Lead, Opportunity
from crm.services.leads import contact_lead, disqualify_lead, qualify_lead
from sales.models import Invoice, Order, Quote, kind_of
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.opportunities import lose_opportunity, win_opportunity
from sales.services.orders import cancel_order
from sales.services.payments import record_payment
from sales.services.quotes import accept_quote, activate_quote, lose_quote
from tests.factories import LeadFactory, Market, OpportunityFactory, StageFactory, UserFactory
from tests.sales.order_steps import billed, placed, ship
from web.urls import crm, sales

READ = {"explanations", "line-options"}
"""URLs of documents that only show something."""


def leads_in_every_status(market: Market) -> list[Lead]:
    """New, contacted, qualified and disqualified."""
    new, contacted, qualified, disqualified = (
        LeadFactory.create(owner=market.rep) for _ in range(4)
    )
    contact_lead(contacted.pk, actor=market.rep)
    qualify_lead(qualified.pk, actor=market.rep)
    disqualify_lead(disqualified.pk, actor=market.rep, reason="lost")
    return [new, contacted, qualified, disqualified]


def quotes_in_every_status(market: Market) -> list[Quote]:
    """Draft, active, lost and won."""
    quotes = []
    for _ in range(4):
        quote = draft_quote(
            actor=market.rep,
            account=market.account,
            name="Bar refit",
            valid_until=dt.date(2999, 1, 1),
        )
        add_line(quote, actor=market.rep, product=market.product())
        quotes.append(quote)
    for quote in quotes[1:]:
        activate_quote(quote.pk, actor=market.rep)
    lose_quote(quotes[2].pk, actor=market.rep, reason="price")
    accept_quote(quotes[3].pk, actor=market.rep)
    return quotes


def orders_and_invoices(market: Market) -> list[Order | Invoice]:
    """A submitted, a completed and a cancelled order; an issued and a paid invoice."""
    open_order, completed, cancelled = (placed(market) for _ in range(3))
    cancel_order(cancelled.pk, actor=market.rep, reason="Changed plans")
    ship(completed, market, *(str(line.quantity) for line in completed.lines.all()))
    paid = billed(completed, market, what="all")
    record_payment(
        paid.pk,
        actor=market.rep,
        amount=paid.total,
        received_on=paid.issued_on or dt.date(2026, 1, 1),
    )
    issued = billed(open_order, market, what="all")
    return [open_order, completed, cancelled, issued, paid]


def patterns_of(
    patterns: Sequence[URLPattern | URLResolver], named: Sequence[str] = ()
) -> Iterator[tuple[str, list[str]]]:
    """The name of every URL, and what it names: the record, its kind, one of its lines."""
    for each in patterns:
        names = [*named, *each.pattern.converters]
        if isinstance(each, URLPattern):
            yield str(each.name), names
        else:
            yield from patterns_of(each.url_patterns, names)


def actions_on(record: models.Model) -> dict[str, str]:
    """The URLs of all that can be done with a record or the first of its lines, by their names."""
    app = {"crm": crm, "sales": sales}[record._meta.app_label]
    known: dict[str, object] = {"pk": record.pk}
    of_kind = f"{record._meta.model_name}-"
    if isinstance(record, Quote | Order | Invoice):
        known |= {"kind": kind_of(record).url_word, "line": record.lines.all()[0].pk}
    return {
        name: reverse(f"{app.app_name}:{name}", kwargs={key: known[key] for key in named})
        for name, named in patterns_of(app.urlpatterns)
        if name not in READ
        and known.keys() >= set(named)
        and ("kind" in named or (name.startswith(of_kind) and named == ["pk"]))
    }


def opportunities_closed(market: Market) -> list[Opportunity]:
    """Won and lost."""
    opportunities = [OpportunityFactory.create(account=market.account) for _ in range(2)]
    win_opportunity(opportunities[0].pk, actor=market.rep)
    lose_opportunity(opportunities[1].pk, actor=market.rep, reason="price")
    return opportunities


def closed_records(market: Market) -> list[models.Model]:
    """Records whose status allows none of the actions that ask for something."""
    issued = orders_and_invoices(market)[3]
    assert isinstance(issued, Invoice)
    cancelled = placed(market)
    cancel_order(cancelled.pk, actor=market.rep, reason="Changed plans")
    return [
        *leads_in_every_status(market)[2:],
        *opportunities_closed(market),
        *quotes_in_every_status(market)[2:],
        cancelled,
        credit_invoice(issued.pk, actor=market.rep, reason="Wrong price"),
    ]


@pytest.mark.django_db
def test_no_form_opens_that_would_be_refused_whatever_is_typed(
    market: Market, client: Client
) -> None:
    StageFactory.create()
    client.force_login(UserFactory.create(role=roles.ADMINISTRATOR, team=market.rep.team))
    opened = []

    for record in closed_records(market):
        for name, url in actions_on(record).items():
            response = client.get(url)
            if response.status_code == 200 and not name.endswith("-detail"):
                opened.append((str(record), name))

    assert opened == []


@pytest.mark.django_db
def test_no_action_fails_in_any_status(market: Market, client: Client) -> None:
    StageFactory.create()
    person = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    client.force_login(person)
    client.raise_request_exception = False
    failed = []
    records = [
        *leads_in_every_status(market),
        *quotes_in_every_status(market),
        *orders_and_invoices(market),
    ]

    for record in records:
        for name, url in actions_on(record).items():
            response = client.post(url, {"reason": ""})
            if response.status_code >= 500:
                failed.append((record._meta.model_name, record.status, name))

    assert failed == []
    assert Order.objects.get(pk=records[9].pk).status == Order.Status.COMPLETED
    assert Invoice.objects.get(pk=records[12].pk).status == Invoice.Status.PAID
