"""The HTML pages of the sandbox systems."""

from __future__ import annotations

from werkzeug import Response

from tests.sandbox.throughline_stub import (
    INK,
    PEN,
    Client,
    Receiver,
    invoice_event,
    order_event,
    wait_until,
)


def test_shows_an_empty_page(warehouse: Client, erp: Client) -> None:
    assert "No order yet." in warehouse.ask("GET", "/").text
    assert "No invoice yet." in erp.ask("GET", "/").text


def test_shows_orders_and_traffic(warehouse: Client, receiver: Receiver) -> None:
    warehouse.push(order_event())
    warehouse.submit_form("/orders/WH-000001/report", "status=accepted")
    wait_until(lambda: receiver.received)

    page = warehouse.ask("GET", "/")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "WH-000001" in page.text
    assert "Nordwind &lt;GmbH&gt;" in page.text
    assert "<GmbH>" not in page.text
    assert 'value="picked">Pick</button>' in page.text
    assert "order.submitted" in page.text
    assert 'data-label="What">accepted</td>' in page.text


def test_loads_nothing_from_elsewhere(warehouse: Client) -> None:
    page = warehouse.ask("GET", "/")

    assert "http://" not in page.text
    assert "https://" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none';")


def test_ships_the_quantities_that_were_typed(warehouse: Client) -> None:
    warehouse.push(order_event())
    for status in ("accepted", "picked", "packed"):
        assert warehouse.submit_form("/orders/WH-000001/report", f"status={status}").status == 303
    assert f'name="quantity-{PEN}" value="10"' in warehouse.ask("GET", "/").text

    form = f"quantity-{PEN}=4&quantity-{INK}=&status=shipped"
    reply = warehouse.submit_form("/orders/WH-000001/report", form)

    assert (reply.status, reply.headers["Location"]) == (303, "/#WH-000001")
    [shipment] = warehouse.get("/orders/WH-000001")["shipments"]
    assert shipment["lines"] == [{"order_line": PEN, "quantity": "4"}]


def test_shows_why_a_form_was_refused(warehouse: Client) -> None:
    warehouse.push(order_event())

    form = f"quantity-{PEN}=11&status=shipped"
    reply = warehouse.submit_form("/orders/WH-000001/report", form)

    assert reply.status == 409
    assert 'role="alert">Line 1 has 10 open, not 11.</p>' in reply.text
    assert warehouse.get("/orders/WH-000001")["shipments"] == []


def test_shows_what_was_typed_as_text(warehouse: Client) -> None:
    warehouse.push(order_event())

    reply = warehouse.submit_form("/orders/WH-000001/report", "quantity-%3Cb%3E=1&status=shipped")

    assert "WH-000001 has no line &lt;b&gt;." in reply.text


def test_posts_and_records_payments_by_button(erp: Client) -> None:
    erp.push(invoice_event())

    assert ">Post</button>" in erp.ask("GET", "/").text
    assert erp.submit_form("/invoices/ERP-000001/post").status == 303
    assert ">Take payment</button>" in erp.ask("GET", "/").text
    assert erp.submit_form("/invoices/ERP-000001/pay").status == 303
    assert "Paid 119.00 EUR with PAY-000001." in erp.ask("GET", "/").text

    again = erp.submit_form("/invoices/ERP-000001/pay")
    assert again.status == 409
    assert "nothing is outstanding" in again.text


def test_shows_a_difference(erp: Client) -> None:
    erp.push(invoice_event(totals={"tax": "19.01"}))

    assert "The two differ." in erp.ask("GET", "/").text


def test_offers_to_send_a_stopped_report_again(warehouse: Client, receiver: Receiver) -> None:
    receiver.answers = [Response("<b>No</b>", status=404)]
    warehouse.push(order_event())
    warehouse.post("/orders/WH-000001/report", {"status": "accepted"})
    wait_until(lambda: "Send again" in warehouse.ask("GET", "/").text)
    assert "404 &lt;b&gt;No&lt;/b&gt;" in warehouse.ask("GET", "/").text

    assert warehouse.submit_form(f"/outgoing/{receiver.received[0]['id']}/resend").status == 303

    wait_until(lambda: len(receiver.received) == 2)


def test_refuses_forms_of_other_sites(warehouse: Client) -> None:
    warehouse.push(order_event())

    headers = {"Sec-Fetch-Site": "cross-site"}
    reply = warehouse.submit_form("/orders/WH-000001/report", "status=accepted", **headers)

    assert reply.status == 403
    assert warehouse.get("/orders/WH-000001")["state"] == "new"
