"""What a supply-chain system is sent, compared with asyncapi.yaml and docs/integrators.md."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from api.asyncapi import describe
from api.supply_schemas import supply_schemas
from fulfilment.cloudevents import TYPE_PREFIX
from fulfilment.models import Payload
from fulfilment.routes import ROUTES
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.services.change_orders import Changes, change_order
from sales.services.confirmed_dates import confirm_dates
from sales.services.credit_notes import credit_invoice
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order, hold_order, release_order, send_order_again
from tests.api.test_integrators import keys_of, written
from tests.api.test_schemas import undescribed
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import connected_system, settle


def test_describes_every_message_of_a_supply_system(
    market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    system = connected_system(market, monkeypatch, tmp_path)
    names = [name for name in ROUTES if name.startswith(("order.", "shipment.", "invoice."))]
    system.connection.event_types = [str(name) for name in names]
    system.connection.save()
    order = sold(market, discount_amount=Decimal("10.00"))
    line = order.lines.get().pk
    settle(system)
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    release_order(order.pk, actor=market.rep)
    change_order(
        order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep, reason="Asked"
    )
    confirm_dates(order.pk, {order.pk: order.company.today()}, actor=market.rep)
    record_shipment(order.pk, actor=market.rep, lines={line: Decimal(2)})
    record_shipment(order.pk, actor=market.rep, lines={line: Decimal(1)}, status="shipped")
    draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities={line: Decimal(2)})
    invoice = issue_invoice(draft.pk, actor=market.rep)
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken")
    record_return(order.pk, actor=market.rep, lines={line: Decimal(1)})
    send_order_again(order.pk, actor=market.rep, to="supply")
    cancel_order(sold(market).pk, actor=market.rep, reason="Lost")

    seen, kinds = set(), set()
    for body in Payload.objects.order_by("id").values_list("body", flat=True):
        sent = json.loads(body)
        name = sent["type"].removeprefix(TYPE_PREFIX)
        schema = supply_schemas()[name](data=sent["data"])
        assert schema.is_valid(), (name, schema.errors)
        assert undescribed(schema, sent["data"]) == [], name
        seen.add(name)
        kinds |= set(sent["data"])
    assert seen == set(supply_schemas())
    assert {"delivery", "return", "invoice", "credit_note", "documents"} <= kinds


@pytest.mark.parametrize("name", sorted(supply_schemas()))
def test_the_guide_and_the_description_name_every_key_of_a_supply_system(name: str) -> None:
    keys = set(keys_of(supply_schemas()[name]()))
    message = f"supply.{TYPE_PREFIX}{name}"

    assert keys - written() == set()
    channel = describe()["channels"]["outgoing_supply"]["messages"]
    assert channel[message] == {"$ref": f"#/components/messages/{message}"}
    assert describe()["components"]["messages"][message]["name"] == f"{TYPE_PREFIX}{name}"
