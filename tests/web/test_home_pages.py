from __future__ import annotations

import datetime as dt

import time_machine
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import roles
from crm.models import Lead, Opportunity, User
from crm.services.activities import note
from fulfilment.models import Discrepancy, Handoff
from sales.models import Invoice, Order, Quote
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import LeadFactory, Market, OpportunityFactory, UserFactory
from tests.fulfilment.conftest import FarEnd, shipment_event
from tests.fulfilment.messages import receive_from
from web.display import FlowStep
from web.pages.discrepancies import compared
from web.pages.document_flow import document_flow, flow_steps
from web.record_urls import record_url


def active_quote(market: Market, opportunity: Opportunity | None = None) -> Quote:
    quote = draft_quote(
        actor=market.rep,
        account=market.account,
        name="Refit",
        opportunity=opportunity,
        valid_until=market.company.today() + dt.timedelta(days=3),
    )
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    return activate_quote(quote.pk, actor=market.rep)


def sold(market: Market, opportunity: Opportunity | None = None) -> Order:
    quote = active_quote(market, opportunity)
    order = accept_quote(quote.pk, actor=market.rep, name="Émile")
    return submit_order(order.pk, actor=market.rep)


def billed(market: Market, order: Order) -> Invoice:
    invoice = invoice_order(order.pk, actor=market.rep, what="all")
    return issue_invoice(invoice.pk, actor=market.rep)


def titles(client: Client) -> dict[str, list[str]]:
    panels = client.get("/").context["panels"]
    return {panel.title: [row.title for row in panel.rows] for panel in panels}


def steps_of(record: Model, user: User) -> list[FlowStep]:
    return flow_steps(document_flow(record), record, user)


def test_starts_the_day_with_what_is_due(rep: Client, market: Market, warehouse: FarEnd) -> None:
    today = timezone.localdate()
    LeadFactory.create(owner=market.rep, topic="Due", follow_up_on=today)
    LeadFactory.create(owner=market.rep, topic="Later", follow_up_on=today + dt.timedelta(days=1))
    LeadFactory.create(topic="Of another team", follow_up_on=today)
    note(market.account, "Call them", actor=market.rep, kind="task", due_on=today)
    quote = active_quote(market)
    with time_machine.travel(timezone.now() - dt.timedelta(days=40), tick=False):
        invoice = billed(market, sold(market))
    Handoff.objects.filter(lane__root_type="order").update(state=Handoff.State.NEEDS_ATTENTION)

    day = titles(rep)

    assert sorted(day["Follow up today"]) == ["Call them", "Due"]
    assert day["Quotes expiring within 7 days"] == [str(quote)]
    assert day["Overdue invoices"] == [invoice.number]
    assert [title.split(" → ")[1] for title in day["Sync trouble"]] == [str(warehouse.connection)]


def test_lists_reports_that_need_a_person_beside_what_was_not_received(
    rep: Client, market: Market, warehouse: FarEnd
) -> None:
    order = sold(market)
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "99"))
    [differing] = Discrepancy.objects.open()

    trouble = titles(rep)["Sync trouble"]

    assert compared(differing) in trouble
    assert f"{order} ← {warehouse.connection}" in trouble


def test_shows_a_stranger_an_empty_day(client: Client, market: Market, warehouse: FarEnd) -> None:
    active_quote(market)
    sold(market)
    Handoff.objects.update(state=Handoff.State.NEEDS_ATTENTION)
    client.force_login(UserFactory.create())

    assert not any(titles(client).values())


def test_needs_the_same_statements_however_full_the_day(rep: Client, market: Market) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            rep.get("/")
        return len(queries)

    active_quote(market)
    statements()
    few = statements()
    for _ in range(4):
        active_quote(market)
        LeadFactory.create(owner=market.rep, follow_up_on=timezone.localdate())

    assert statements() == few


def test_goes_straight_to_a_number(rep: Client, market: Market) -> None:
    order = sold(market)

    assert rep.get(f"/search/?q={str(order.number).lower()}")["Location"] == record_url(order)


def test_finds_by_name_what_one_may_see(rep: Client, market: Market, client: Client) -> None:
    quote = active_quote(market)

    found = rep.get(f"/search/?q={market.account.name}").context["found"]
    assert {item.url for item in found} == {record_url(market.account), record_url(quote)}

    client.force_login(UserFactory.create())
    assert client.get(f"/search/?q={market.account.name}").context["found"] == []


def test_traces_a_sale_from_its_lead_to_the_official_number(market: Market) -> None:
    lead: Lead = LeadFactory.create(owner=market.rep)
    opportunity = OpportunityFactory.create(account=market.account, lead=lead)
    order = sold(market, opportunity)
    invoice = billed(market, order)
    Invoice.objects.filter(pk=invoice.pk).update(official_number="SI-2026-000077")
    invoice.refresh_from_db()

    steps = steps_of(invoice, market.rep)
    assert [step.url for step in steps[:4]] == [
        record_url(record) for record in (lead, opportunity, order.quote, order) if record
    ]
    assert (steps[-1].detail, steps[-1].state) == ("SI-2026-000077", "done")
    for station, record in enumerate((lead, opportunity, order.quote, order)):
        assert record is not None
        [here] = [step for step in steps_of(record, market.rep) if step.here]
        assert here == steps_of(record, market.rep)[station]


def test_distinguishes_skipped_steps_from_open_ones(market: Market) -> None:
    quote = active_quote(market)

    states = [step.state for step in steps_of(quote, market.rep)]

    assert states == ["missing", "missing", "current", "open", "open", "open", "open"]


def test_leads_nobody_to_records_they_may_not_see(market: Market) -> None:
    order = sold(market)
    stranger = UserFactory.create()

    assert not any(step.url for step in steps_of(order, stranger))


def test_keeps_the_handoffs_to_ones_own_documents(
    rep: Client, market: Market, warehouse: FarEnd, client: Client
) -> None:
    sold(market)
    [row] = rep.get("/handoffs/").context["rows"]
    assert rep.get(row.url).status_code == 200

    client.force_login(UserFactory.create(role=roles.SALES_MANAGER))
    assert client.get("/handoffs/").context["rows"] == []
    assert client.get(row.url).status_code == 404
    client.force_login(UserFactory.create(role=roles.AUDITOR))
    assert len(client.get("/handoffs/").context["rows"]) == 1
