"""The HTML page of the supply-chain system: every action is a button."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from tests.sandbox.supply_messages import ID, create, push_event
from tests.sandbox.throughline_stub import Client


def submit(supply: Client, path: str, **values: str) -> None:
    reply = supply.submit_form(path, urlencode(values))
    assert reply.status == 303, reply.text


def test_shows_an_empty_page(supply: Client) -> None:
    page = supply.ask("GET", "/").text

    assert "No order yet." in page
    assert "Enter order</button>" in page
    assert "http://" not in page


def test_enters_an_order_by_the_form(supply: Client) -> None:
    values = {"company": "USMF", "currency": "EUR", "customer": "C-1", "item": "PEN"}

    submit(supply, "/orders", **values, quantity="2", price="9.99")

    [order] = supply.get("/orders")
    assert (order["number"], order["lines"][0]["amount"]) == ("SO-000001", "19.98")


def test_shows_why_a_form_was_refused(supply: Client) -> None:
    reply = supply.submit_form("/orders", "company=USMF&currency=&customer=")

    assert reply.status == 409
    assert 'role="alert">currency must be a text that is not empty.' in reply.text


def test_shows_an_order_as_text(supply: Client) -> None:
    supply.push(push_event(number="O-<1>"))

    page = supply.ask("GET", "/").text

    assert "O-&lt;1&gt;" in page
    assert "<1>" not in page
    assert "knows version 1" in page
    assert "Total 59.50 EUR" in page
    assert "order.changed</td>" in page.replace("\n", "")


def test_offers_what_can_be_done_with_an_order(supply: Client) -> None:
    create(supply)
    page = supply.ask("GET", "/").text

    paths = set(re.findall(rf'action="/orders/{ID}/([^"]+)"', page))
    assert paths == {
        *("confirm", "pick", "deliver", "invoice", "return", "credit"),
        *("hold", "cancel", "delete", "edit", "add"),
        *(f"lines/LOT-000001/{name}" for name in ("edit", "replace", "convert")),
        *(f"lines/LOT-000001/{name}" for name in ("cancel", "remove")),
    }
    submit(supply, f"/orders/{ID}/cancel")
    page = supply.ask("GET", "/").text
    assert set(re.findall(rf'action="/orders/{ID}/([^"]+)"', page)) == {"reopen", "delete"}
    submit(supply, f"/orders/{ID}/delete")
    assert f'action="/orders/{ID}/' not in supply.ask("GET", "/").text


def test_runs_each_button(supply: Client) -> None:
    create(supply)
    line = f"/orders/{ID}/lines/LOT-000001"

    submit(supply, f"/orders/{ID}/edit", customer_reference="PO 1", header_charges="4.90")
    submit(supply, f"/orders/{ID}/add", item="INK", category="", quantity="1", price="3.00")
    submit(supply, f"{line}/edit", quantity="12", price="12.00", charge="")
    submit(supply, f"{line}/convert", unit="six", factor="6")
    submit(supply, f"{line}/replace", item="PEN-2")
    submit(supply, f"/orders/{ID}/lines/LOT-000002/remove")
    submit(supply, f"/orders/{ID}/hold")
    submit(supply, f"/orders/{ID}/release")
    submit(supply, f"/orders/{ID}/confirm")
    submit(supply, f"/orders/{ID}/pick")
    submit(supply, f"/orders/{ID}/deliver", part="half")
    submit(supply, f"/orders/{ID}/deliver", part="over")
    submit(supply, f"/orders/{ID}/invoice", part="half")
    submit(supply, f"/orders/{ID}/invoice")
    submit(supply, f"/orders/{ID}/return")
    submit(supply, f"/orders/{ID}/credit")

    [order] = supply.get("/orders")
    [kept] = order["lines"]
    assert (order["customer_reference"], order["header_charges"]) == ("PO 1", "4.90")
    assert (kept["item"], kept["unit"], kept["quantity"], kept["price"]) == (
        *("PEN-2", "six", "2", "72.00"),
    )
    assert [kept[n] for n in ("delivered", "invoiced", "returned", "credited")] == ["2.04"] * 4
    assert [document["number"] for document in supply.get("/documents")] == [
        *("PS-000001", "PS-000002", "SI-000001", "SI-000002", "RMA-000001", "SC-000001"),
    ]


def test_switches_modes_by_button(supply: Client) -> None:
    assert ">lossy on</button>" in supply.ask("GET", "/").text

    submit(supply, "/modes", lossy="true")
    submit(supply, "/modes", on_conflict="named")

    assert supply.get("/modes")["lossy"] is True
    page = supply.ask("GET", "/").text
    assert ">lossy off</button>" in page
    assert ">on_conflict refuse</button>" in page
    assert ">on_conflict named</button>" not in page
    submit(supply, "/modes", lossy="")
    assert supply.get("/modes")["lossy"] is False
