"""History triggers: every business table keeps its states, and who changed them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError
from django.test import Client

from crm.actors import System
from crm.history import acting
from crm.models import Account, Lead
from crm.services.leads import contact_lead
from fulfilment.models import Shipment
from fulfilment.services.shipments import record_shipment
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line, change_line
from sales.services.orders import submit_order
from tests.database_assertions import accepted, history_of, refused, sql
from tests.factories import LeadFactory, Market, OpportunityFactory

WRITTEN_ONCE = {"fulfilment.Payload", "fulfilment.Attempt"}
QUEUES = {
    "sales.NumberSeries",
    "fulfilment.Handoff",
    "fulfilment.Health",
    "fulfilment.InboundMessage",
    "fulfilment.Lane",
    "fulfilment.ReconcileFinding",
    "fulfilment.ReconcileRun",
    "fulfilment.SyncState",
}
WAREHOUSE = System("Warehouse", connection="warehouse")


def test_every_business_table_keeps_its_history() -> None:
    without = {
        model._meta.label
        for app in ("crm", "sales", "fulfilment")
        for model in apps.get_app_config(app).get_models()
        if not hasattr(model, "pgh_tracked_model") and not hasattr(model, "pgh_event_models")
    }

    assert without == WRITTEN_ONCE | QUEUES


def states(record: Any, *fields: str) -> list[tuple[Any, ...]]:
    return list(history_of(record).values_list("pgh_label", *fields))


def test_each_state_of_a_row_is_kept_also_of_one_that_is_gone(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    line = add_line(order, actor=market.rep, product=market.product("10.00"))
    change_line(line, actor=market.rep, quantity=Decimal(2))
    sql("DELETE FROM sales_orderline WHERE id = %s", line.pk)
    sql("UPDATE sales_order SET detail = 0, tax = 0, total = 0 WHERE id = %s", order.pk)

    kept = states(line, "quantity", "net")

    assert kept[0] == ("insert", Decimal(1), Decimal(0))
    assert kept[-2:] == [
        ("update", Decimal(2), Decimal(20)),
        ("delete", Decimal(2), Decimal(20)),
    ]


def test_an_update_that_changes_nothing_adds_no_history(market: Market) -> None:
    before = history_of(market.account).count()
    sql("UPDATE crm_account SET name = name WHERE id = %s", market.account.pk)
    assert history_of(market.account).count() == before


def test_history_stays_written(market: Market) -> None:
    expected = "Cannot update or delete rows from crm_accounthistory"
    with pytest.raises(DatabaseError, match=expected), accepted():
        sql("UPDATE crm_accounthistory SET name = 'Else'")


def test_a_person_is_named_with_the_page_they_used(market: Market, client: Client) -> None:
    lead = LeadFactory.create(owner=market.rep)
    client.force_login(market.rep)

    answer = client.post(f"/leads/{lead.pk}/contact/")

    assert answer.status_code in {200, 204, 302}
    last = history_of(lead).last()
    assert last is not None
    assert (last.status, last.pgh_context.metadata) == (
        "contacted",
        {
            "actor_kind": "person",
            "actor": str(market.rep),
            "actor_id": str(market.rep.pk),
            "url": f"/leads/{lead.pk}/contact/",
        },
    )


def test_a_connection_is_named_by_what_it_reported(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    line = add_line(order, actor=market.rep, product=market.product(), quantity=Decimal(2))
    submit_order(order.pk, actor=market.rep)

    with acting(url="/api/v1/intake/warehouse"):
        shipment = record_shipment(order.pk, actor=WAREHOUSE, lines={line.pk: Decimal(2)})

    expected = {
        "actor_kind": "connection",
        "actor": "Warehouse",
        "connection": "warehouse",
        "url": "/api/v1/intake/warehouse",
    }
    kept = [*history_of(Shipment.objects.get(pk=shipment.pk)), history_of(line).last()]
    assert [state.pgh_context.metadata for state in kept if state] == [expected] * len(kept)


def test_what_nobody_opened_a_context_for_is_kept_without_a_name(market: Market) -> None:
    lead = LeadFactory.create(owner=market.rep)
    contact_lead(lead.pk, actor=market.rep)
    assert [state.pgh_context for state in history_of(lead)] == [None, None]


def test_leads_and_opportunities_move_legally(market: Market) -> None:
    lead = LeadFactory.create(owner=market.rep)
    contact_lead(lead.pk, actor=market.rep)
    with refused("crm_lead", "moves_legally"):
        Lead.objects.filter(pk=lead.pk).update(status="new")
    opportunity = OpportunityFactory.create(account=market.account)
    sql("UPDATE crm_opportunity SET status = 'won' WHERE id = %s", opportunity.pk)
    with refused("crm_opportunity", "moves_legally"):
        sql(
            "UPDATE crm_opportunity SET status = 'lost', lost_reason = 'price' WHERE id = %s",
            opportunity.pk,
        )
    assert Account.objects.filter(pk=market.account.pk).exists()
