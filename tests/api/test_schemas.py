"""Published schemas, compared with the messages that are sent and received."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import transaction
from rest_framework import serializers

from api.asyncapi import describe
from api.schemas import outgoing_event_schemas
from api.views.intake import ReceiptSchema
from common.fields import LONGEST_REFERENCE
from fulfilment.inbound.effects import EFFECTS
from fulfilment.inbound.schemas import DEEPEST, SCHEMAS, event_schemas
from fulfilment.outbound.drain import drain
from fulfilment.routes import ROUTES
from sales.models import Invoice, PaymentTerms
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.customer_credit import apply_credit, keep_as_credit
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.orders import cancel_order, hold_order, release_order, send_order_again
from sales.services.payments import (
    Stay,
    correct_payment,
    lock_issued,
    record_payment,
    refund_payment,
    write_off_invoice,
)
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market
from tests.fulfilment.conftest import connect, send, shipment_event, submitted_order
from tests.fulfilment.messages import status_event

DOCS = Path(__file__).resolve().parents[2] / "docs"


def undescribed(schema: object, value: Any, path: str = "") -> list[str]:
    """Keys that are sent but not described, or described but not sent."""
    if isinstance(schema, serializers.ListSerializer):
        return [found for item in value for found in undescribed(schema.child, item, path)]
    if not isinstance(schema, serializers.Serializer) or value is None:
        return []
    needed = {name for name, field in schema.fields.items() if field.required}
    wrong = [f"{path}/{key}" for key in (set(value) - set(schema.fields)) | (needed - set(value))]
    for name, field in schema.fields.items():
        if isinstance(field, serializers.BaseSerializer) and name in value:
            wrong += undescribed(field, value[name], f"{path}/{name}")
    return wrong


def test_describes_every_message_that_is_sent(market: Market, httpserver: Any) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PER_SHIPMENT
    market.payment_terms.save()
    far_end = connect(httpserver, "erp", [str(name) for name in ROUTES])
    connect(httpserver, "warehouse", ["order.submitted"])
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
    send(shipment_event(order, "WH-1", "shipped", "4"))
    invoice = Invoice.objects.get()
    assert invoice.issued_on is not None
    day = invoice.issued_on
    much = invoice.total + 20
    one = Decimal(1)
    payment = record_payment(invoice.pk, actor=market.rep, amount=one, received_on=day).payment
    with transaction.atomic():
        stay = Stay(much, day, "Read wrongly")
        correct_payment(lock_issued(invoice.pk), payment, stay, actor=market.rep)
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken")
    refund_payment(
        invoice.pk, actor=market.rep, amount=Decimal(1), refunded_on=day, reason="Broken"
    )
    keep_as_credit(invoice.pk, actor=market.rep)
    send(shipment_event(order, "WH-2", "shipped", "6"))
    following = Invoice.objects.filter(kind="invoice").latest("id")
    apply_credit(following.pk, actor=market.rep)
    write_off_invoice(following.pk, actor=market.rep, reason="Insolvent")
    last = submitted_order(market, "1")
    send(status_event(last))
    [line] = last.lines.all()
    change_order(
        last.pk,
        Changes(lines={line.pk: {"quantity": Decimal(2)}}),
        actor=market.rep,
        reason="Asked for two",
    )
    send_order_again(last.pk, actor=market.rep, to="erp")
    cancel_order(last.pk, actor=market.rep, reason="Lost")
    drain()

    seen = set()
    for sent in far_end.events:
        schema = outgoing_event_schemas()[sent["type"]](data=sent)
        assert schema.is_valid(), (sent["type"], schema.errors)
        assert undescribed(schema, sent) == [], sent["type"]
        seen.add(sent["type"].removeprefix("throughline."))
    assert seen == set(ROUTES)


def test_has_a_schema_and_an_effect_for_every_inbound_type() -> None:
    assert SCHEMAS.keys() == EFFECTS.keys()


def test_has_an_up_to_date_asyncapi_file(tmp_path: Path) -> None:
    call_command("asyncapi", file=tmp_path / "asyncapi.yaml")

    fresh = (tmp_path / "asyncapi.yaml").read_text()
    assert (DOCS / "asyncapi.yaml").read_text() == fresh, "run manage.py asyncapi"


def test_has_an_up_to_date_openapi_file(tmp_path: Path) -> None:
    call_command("spectacular", file=str(tmp_path / "openapi.yaml"), validate=True)

    fresh = (tmp_path / "openapi.yaml").read_text()
    assert (DOCS / "openapi.yaml").read_text() == fresh, "run manage.py spectacular"


def test_resolves_every_reference_in_the_asyncapi_file() -> None:
    document = describe()

    for reference in references(document):
        target: Any = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    if not isinstance(value, dict):
        return []
    here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return here + [found for each in value.values() for found in references(each)]


def keys_of(schema: serializers.BaseSerializer[Any]) -> set[str]:
    """Every key of a schema and of the lists in it; an amount is described once for all."""
    found = set()
    for name, field in getattr(schema, "fields", {}).items():
        found.add(name)
        if isinstance(field, serializers.ListSerializer):
            assert isinstance(field.child, serializers.BaseSerializer)
            found |= keys_of(field.child)
    return found


def test_the_guide_names_every_type_key_word_and_result() -> None:
    text = (DOCS / "integrators.md").read_text()
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}

    for name, schema in SCHEMAS.items():
        missing = {key for key in keys_of(schema()) if f"`{key}`" not in rows[name]}
        assert missing == set(), name
        for field in schema().fields.values():
            if isinstance(field, serializers.ChoiceField):
                assert {word for word in field.choices if word not in rows[name]} == set(), name
    results = ReceiptSchema().fields["result"]
    assert isinstance(results, serializers.ChoiceField)
    assert {result for result in results.choices if result not in rows} == set()
    assert str(LONGEST_REFERENCE) in text
    assert str(DEEPEST) in text


def test_the_incoming_descriptions_know_corrections_and_what_is_known() -> None:
    messages = describe()["components"]["messages"]

    for name in SCHEMAS:
        assert messages[name]["payload"]["properties"]["correction"]["type"] == "boolean"
        assert messages[name]["payload"]["properties"]["knows"]["type"] == "string"
        assert {"correction", "knows"} <= event_schemas()[name]().fields.keys()
