"""What is published about the wire, held against what is sent."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management import call_command
from rest_framework import serializers

from api.asyncapi import describe
from api.schemas import document_of, outgoing_shapes
from fulfilment.inbound.effects import EFFECTS
from fulfilment.inbound.schemas import SHAPES
from fulfilment.outbound.drain import drain
from fulfilment.routes import ROUTES
from sales.models import Invoice, PaymentTerms
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import record_payment
from sales.services.orders import hold_order, release_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market
from tests.fulfilment.conftest import connect, send, shipment_event, submitted_order

DOCS = Path(__file__).resolve().parents[2] / "docs"


def strangers(shape: object, value: Any, path: str = "") -> list[str]:
    """Keys that were sent but are not described, and those described but not sent."""
    if isinstance(shape, serializers.ListSerializer):
        return [found for item in value for found in strangers(shape.child, item, path)]
    if not isinstance(shape, serializers.Serializer) or value is None:
        return []
    wrong = [f"{path}/{key}" for key in set(value) ^ set(shape.fields)]
    for name, field in shape.fields.items():
        if isinstance(field, serializers.BaseSerializer) and name in value:
            wrong += strangers(field, value[name], f"{path}/{name}")
    return wrong


def test_every_body_is_in_the_published_shape(market: Market, httpserver: Any) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PER_SHIPMENT
    market.payment_terms.save()
    far_end = connect(httpserver, "erp", [str(name) for name in ROUTES])
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("19.99"))
    add_line(
        quote,
        actor=market.rep,
        description="Installation",
        product_category=market.category,
        unit_price=Decimal("0.335"),
        tax_category=market.tax_category,
    )
    activate_quote(quote.pk, actor=market.rep)
    accept_quote(quote.pk, actor=market.rep)
    order = submitted_order(market, "10")
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    release_order(order.pk, actor=market.rep)
    connect(httpserver, "warehouse", [])
    send(shipment_event(order, "WH-1", "shipped", "4"))
    invoice = Invoice.objects.get()
    assert invoice.issued_on is not None
    record_payment(
        invoice.pk, actor=market.rep, amount=invoice.total, received_on=invoice.issued_on
    )
    drain()

    seen = set()
    for sent in far_end.events:
        name = sent["type"].removeprefix("throughline.")
        snapshot = sent["data"][document_of(name)]
        shape = outgoing_shapes()[name](data=snapshot)
        assert shape.is_valid(), (name, shape.errors)
        assert strangers(shape, snapshot) == [], name
        seen.add(name)
    assert seen >= {
        "quote.accepted",
        "order.submitted",
        "order.held",
        "order.released",
        "shipment.recorded",
        "invoice.issued",
        "invoice.paid",
    }


def test_every_message_that_comes_in_has_a_shape_and_an_effect() -> None:
    assert SHAPES.keys() == EFFECTS.keys()


def test_the_published_description_of_messages_is_up_to_date(tmp_path: Path) -> None:
    call_command("asyncapi", file=tmp_path / "asyncapi.yaml")

    fresh = (tmp_path / "asyncapi.yaml").read_text()
    assert (DOCS / "asyncapi.yaml").read_text() == fresh, "run manage.py asyncapi"


def test_the_published_description_of_the_api_is_up_to_date(tmp_path: Path) -> None:
    call_command("spectacular", file=str(tmp_path / "openapi.yaml"), validate=True)

    fresh = (tmp_path / "openapi.yaml").read_text()
    assert (DOCS / "openapi.yaml").read_text() == fresh, "run manage.py spectacular"


def test_every_reference_in_the_description_leads_somewhere() -> None:
    document = describe()

    for reference in references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    if not isinstance(value, dict):
        return []
    here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return here + [found for each in value.values() for found in references(each)]
