"""Orders as a supply-chain system is sent them: in its words, to the cent, naming what changes."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy, InboundMessage, Payload
from fulfilment.services.mappings import map_code
from sales.models import Order, PaymentTerms
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import hold_order, submit_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    Kind,
    answered,
    changed,
    connect_supply,
    last_push,
    mapped_product,
    sold,
    their_line,
    their_order,
)


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "20.00")
    return far_end


def test_the_discount_of_a_line_is_divided_and_its_residue_is_a_charge(
    supply: FarEnd, market: Market
) -> None:
    order = sold(market, discount_amount=Decimal("10.00"))

    sent = last_push()["order"]
    [line] = sent["lines"]
    assert (sent["number"], sent["company"], sent["customer"], sent["payment_terms"]) == (
        order.number,
        "USMF",
        "C-001",
        "NET30",
    )
    assert (line["item"], line["unit"], line["category"]) == ("AX-9", "EA", None)
    assert (line["quantity"], line["price"], line["discount"], line["charge"]) == (
        "3",
        "20",
        "3.33",
        "-0.01",
    )


def test_a_write_in_is_sent_as_its_category(supply: FarEnd, market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        order,
        actor=market.rep,
        description="Custom shelf",
        unit_price=Decimal(50),
        product_category=market.category,
        tax_rate=Decimal("0.2"),
    )
    submit_order(order.pk, actor=market.rep)

    [line] = last_push()["order"]["lines"]

    assert (line["item"], line["category"], line["description"]) == (None, "PARTS", "Custom shelf")


def test_what_comes_back_of_a_push_makes_no_version(supply: FarEnd, market: Market) -> None:
    order = sold(market, discount_amount=Decimal("10.00"))

    result = receive_from(supply, changed(answered(last_push())))
    assert result == "applied", InboundMessage.objects.get().display_detail

    order.refresh_from_db()
    assert order.version == last_push()["order"]["version"]
    assert Payload.objects.count() == 1


def test_a_push_names_what_it_changes_and_what_it_knows(supply: FarEnd, market: Market) -> None:
    order = sold(market)
    receive_from(supply, changed(answered(last_push())))
    line = order.lines.get()

    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)

    push = last_push()
    assert push["changes"] == sorted(
        f"lines.{line.pk}.{name}" for name in ("cancelled", "charge", "discount", "quantity")
    )
    assert (push["order"]["id"], push["order"]["knows"]) == ("5637144600", 10_000)
    assert push["order"]["lines"][0]["id"] == "LOT-1"

    hold_order(order.pk, actor=market.rep, reason="Credit check")

    assert last_push()["changes"] == ["on_hold"]


def test_an_order_of_theirs_is_sent_back_as_it_was_placed(supply: FarEnd, market: Market) -> None:
    line = their_line(requested_ship_date=None)
    receive_from(supply, changed(their_order(line)))
    order = Order.objects.get()

    hold_order(order.pk, actor=market.rep, reason="Credit check")

    push = last_push()
    assert push["changes"] == ["on_hold"]
    sent = json.loads(Payload.objects.get().body)
    echo = their_order(line, on_hold=True, knows=order.version + 1, cause=sent["id"])
    receive_from(supply, changed(echo))
    assert not Discrepancy.objects.exists()


def test_their_split_is_sent_back_as_received_while_the_line_is_as_agreed(
    supply: FarEnd, market: Market
) -> None:
    order = sold(market, discount_amount=Decimal("10.00"))
    echo = answered(last_push())
    percent = {"discount": "0", "discount_percent": "10", "charge": "-4.00", "amount": "50.00"}
    echo["lines"][0] |= percent
    receive_from(supply, changed(echo))

    hold_order(order.pk, actor=market.rep, reason="Credit check")

    [line] = last_push()["order"]["lines"]
    assert {name: line[name] for name in ("discount", "discount_percent", "charge")} == {
        "discount": "0",
        "discount_percent": "10",
        "charge": "-4.00",
    }


def test_a_field_in_conflict_is_sent_as_they_hold_it(supply: FarEnd, market: Market) -> None:
    order = sold(market)
    echo = answered(last_push())
    receive_from(supply, changed(echo))
    line = order.lines.get()
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(4)}}), actor=market.rep)
    theirs = {**echo, "sequence": 10_001, "lines": [echo["lines"][0] | {"quantity": "5"}]}
    assert receive_from(supply, changed(theirs)) == "conflict"

    hold_order(order.pk, actor=market.rep, reason="Credit check")

    push = last_push()
    assert (push["order"]["lines"][0]["quantity"], push["changes"]) == ("5", ["on_hold"])


def test_payment_terms_in_conflict_are_sent_as_they_hold_them(
    supply: FarEnd, market: Market
) -> None:
    theirs_now, ours_now = (PaymentTerms.objects.create(name=name) for name in ("60", "90"))
    map_code(supply.connection, (Kind.PAYMENT_TERMS, "NET60"), theirs_now)
    map_code(supply.connection, (Kind.PAYMENT_TERMS, "NET90"), ours_now)
    order = sold(market)
    echo = answered(last_push())
    receive_from(supply, changed(echo))
    change_order(order.pk, Changes(head={"payment_terms": ours_now}), actor=market.rep)
    assert last_push()["order"]["payment_terms"] == "NET90"
    theirs = {**echo, "sequence": 10_001, "payment_terms": "NET60"}
    assert receive_from(supply, changed(theirs)) == "conflict"

    hold_order(order.pk, actor=market.rep, reason="Credit check")

    push = last_push()
    assert (push["order"]["payment_terms"], push["changes"]) == ("NET60", ["on_hold"])
