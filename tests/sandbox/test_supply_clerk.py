"""The supply-chain system: what its clerk enters, edits and cancels."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.endpoints import Settings
from sandbox.supply.amounts import Currencies
from sandbox.supply.web import SupplyOptions, build_supply
from tests.sandbox.supply_messages import act, act_on_line, create, refuse, sent
from tests.sandbox.throughline_stub import Client


def test_enters_an_order_under_a_number_of_its_own(supply: Client) -> None:
    order = create(supply, customer_reference="PO 9", header_charges="4.90")

    assert (order["number"], order["throughline_id"], order["origin"]) == (
        "SO-000001",
        None,
        "supply chain",
    )
    assert (order["sequence"], order["knows"], order["cause"]) == (1, 0, None)
    assert order["lines"][0]["amount"] == "120.00"
    assert order["totals"]["total"] == "124.90"
    assert create(supply)["number"] == "SO-000002"
    assert sent(supply)[0] == ("supply.order.changed", {"order": order})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Office supplies"),
        ("customer_reference", "PO 9"),
        ("requested_ship_date", "2026-12-24"),
        ("requested_receipt_date", "2026-12-26"),
        ("confirmed_ship_date", "2026-12-27"),
        ("ship_to", {"city": "Ulm", "country": "DE"}),
        ("bill_to", {"city": "Bonn", "country": "DE"}),
        ("payment_terms", "NET30"),
        ("delivery_terms", "DAP"),
        ("delivery_mode", "Truck"),
        ("header_discount", "5.00"),
        ("header_charges", "4.90"),
    ],
)
def test_edits_each_field_of_an_order(supply: Client, field: str, value: Any) -> None:
    order = create(supply)

    edited = act(supply, order, "edit", **{field: value})

    assert edited[field] == value
    assert edited["sequence"] == 2
    assert sent(supply)[1] == ("supply.order.changed", {"order": edited})


@pytest.mark.parametrize(
    ("field", "value", "amount"),
    [
        ("description", "A red pen", "120.00"),
        ("quantity", "11", "132.00"),
        ("cancelled", "1", "108.00"),
        ("price", "12.345", "123.45"),
        ("price_unit", "100", "1.20"),
        ("discount", "1.50", "105.00"),
        ("discount_percent", "12.5", "105.00"),
        ("charge", "-0.50", "119.50"),
        ("tax_rate", "0.19", "120.00"),
        ("requested_ship_date", "2026-12-24", "120.00"),
        ("confirmed_ship_date", "2026-12-24", "120.00"),
    ],
)
def test_edits_each_field_of_a_line(supply: Client, field: str, value: str, amount: str) -> None:
    order = create(supply)

    [line] = act_on_line(supply, order, "edit", 0, **{field: value})["lines"]

    assert (line[field], line["amount"]) == (value, amount)


def test_adds_and_removes_lines(supply: Client) -> None:
    order = create(supply)

    added = act(supply, order, "add", category="Services", quantity="1", price="80.00")
    assert [(line["line_number"], line["category"]) for line in added["lines"]] == [
        (1, None),
        (2, "Services"),
    ]
    removed = act_on_line(supply, added, "remove")

    assert [line["id"] for line in removed["lines"]] == ["LOT-000002"]


def test_replaces_the_item_of_a_line_that_stays_the_same_line(supply: Client) -> None:
    order = create(supply)

    [line] = act_on_line(supply, order, "replace", item="INK", description="Ink")["lines"]

    assert (line["id"], line["item"], line["description"]) == ("LOT-000001", "INK", "Ink")


def test_expresses_a_line_in_another_unit(supply: Client) -> None:
    lines = [{"item": "PEN", "unit": "pc", "quantity": "24", "price": "2.50", "discount": "0.10"}]
    order = create(supply, lines=lines)

    [line] = act_on_line(supply, order, "convert", unit="box", factor="12")["lines"]

    assert (line["unit"], line["quantity"], line["price"]) == ("box", "2", "30.00")
    assert (line["discount"], line["amount"]) == ("1.20", "57.60")
    path = f"/orders/{order['id']}/lines/LOT-000001/convert"
    assert refuse(supply, path, unit="triple", factor="3") == (422, "factor")
    assert refuse(supply, path, unit="nothing", factor="0") == (422, "factor")


def test_cancels_the_rest_of_a_line(supply: Client) -> None:
    order = create(supply)
    act(supply, order, "deliver", lines=[{"id": "LOT-000001", "quantity": "4"}])

    [line] = act_on_line(supply, order, "cancel")["lines"]

    assert (line["quantity"], line["cancelled"], line["amount"]) == ("10", "6", "48.00")
    assert line["status"] == "Delivered"


def test_holds_and_releases_an_order(supply: Client) -> None:
    order = create(supply)

    assert act(supply, order, "hold")["on_hold"] is True
    assert refuse(supply, f"/orders/{order['id']}/deliver") == (409, "on_hold")
    assert act(supply, order, "release")["on_hold"] is False


def test_cancels_and_reopens_an_order(supply: Client) -> None:
    order = create(supply)

    cancelled = act(supply, order, "cancel")
    assert (cancelled["cancelled"], cancelled["processing_status"]) == (True, "Cancelled")
    assert refuse(supply, f"/orders/{order['id']}/edit", name="x") == (409, "cancelled")
    assert refuse(supply, f"/orders/{order['id']}/deliver") == (409, "cancelled")
    reopened = act(supply, order, "reopen")

    assert (reopened["cancelled"], reopened["processing_status"]) == (False, "Active")


def test_deletes_an_order_and_keeps_what_says_so(supply: Client) -> None:
    order = create(supply)

    deleted = act(supply, order, "delete")

    assert deleted == {
        "id": order["id"],
        "number": "SO-000001",
        "throughline_id": None,
        "sequence": 2,
        "knows": 0,
        "cause": None,
        "deleted": True,
    }
    assert sent(supply)[1] == ("supply.order.deleted", {"order": deleted})
    for action in ("edit", "deliver", "reopen", "delete"):
        assert refuse(supply, f"/orders/{order['id']}/{action}") == (409, "deleted")


def test_refuses_to_undo_what_is_delivered(supply: Client) -> None:
    order = create(supply)
    act(supply, order, "deliver", lines=[{"id": "LOT-000001", "quantity": "4"}])
    path = f"/orders/{order['id']}"

    assert refuse(supply, f"{path}/cancel") == (409, "already_delivered")
    assert refuse(supply, f"{path}/delete") == (409, "already_delivered")
    assert refuse(supply, f"{path}/lines/LOT-000001/remove") == (409, "already_delivered")
    edit = refuse(supply, f"{path}/lines/LOT-000001/edit", quantity="3")
    assert edit == (409, "under_delivered")


def test_refuses_what_is_not_there(supply: Client) -> None:
    order = create(supply)
    path = f"/orders/{order['id']}"

    assert refuse(supply, "/orders/1/edit") == (404, "not_found")
    assert refuse(supply, f"{path}/explode") == (404, "unknown_action")
    assert refuse(supply, f"{path}/lines/LOT-000001/explode") == (404, "unknown_action")
    assert refuse(supply, f"{path}/lines/LOT-9/edit") == (422, "unknown_line")
    assert refuse(supply, f"{path}/edit", name=7) == (422, "malformed")
    assert refuse(supply, f"{path}/add", quantity="1") == (422, "item_or_category")
    assert refuse(supply, "/orders", currency="EUR") == (422, "malformed")
    assert supply.ask("POST", f"{path}/edit", b"[]").json["code"] == "malformed"


def test_sends_nothing_for_an_edit_that_changes_nothing(supply: Client) -> None:
    order = create(supply)

    path = f"/orders/{order['id']}"
    assert refuse(supply, f"{path}/edit") == (409, "nothing_to_do")
    edit = refuse(supply, f"{path}/lines/LOT-000001/edit", price="12.0")
    assert edit == (409, "nothing_to_do")


def test_computes_with_the_decimals_that_it_is_set_up_with(
    start: Any, settings_for: Any, tmp_path: Any
) -> None:
    settings: Settings = settings_for("supply")
    options = SupplyOptions(Currencies({"JPY": 0}))
    supply = start(lambda: build_supply(tmp_path / "yen.db", settings, options))
    line = {"item": "PEN", "quantity": "3", "price": "2.5", "tax_rate": "0.1"}

    yen, euros = create(supply, currency="JPY", lines=[line]), create(supply, lines=[line])

    assert (yen["lines"][0]["amount"], yen["totals"]["tax"]) == ("8", "1")
    assert (euros["lines"][0]["amount"], euros["totals"]["tax"]) == ("7.50", "0.75")


def test_adds_up_prices_with_tax_in_them(supply: Client) -> None:
    line = {"item": "PEN", "quantity": "1", "price": "119.00", "tax_rate": "0.19"}

    order = create(
        supply,
        lines=[line],
        prices_include_tax=True,
        header_discount="11.90",
        header_charges="5.00",
    )

    assert order["totals"] == {
        "lines": "119.00",
        "discount": "11.90",
        "charges": "5.00",
        "tax": "17.10",
        "total": "112.10",
    }
