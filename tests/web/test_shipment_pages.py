"""Recording shipments, returns and parcels in the browser."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from fulfilment.models import Shipment
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Order
from sales.pricing.errors import QuantityExceedsOpen
from sales.services.orders import hold_order
from tests.factories import Market, UserFactory
from tests.sales.order_steps import submitted
from tests.web.refusals import reason_shown
from web.record_urls import record_url


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "10", price="33.33")


@pytest.fixture
def shipment(market: Market, order: Order) -> Shipment:
    line = order.lines.get()
    return record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(4)})


def form_of(order: Order) -> str:
    return reverse("fulfilment:shipment-new", args=[order.pk])


def at(name: str, shipment: Shipment, *more: str) -> str:
    return reverse(f"fulfilment:shipment-{name}", args=[shipment.pk, *more])


def ship_all(market: Market, order: Order) -> None:
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(10)})


def hold(market: Market, order: Order) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")


def test_proposes_what_is_open_and_ships_what_is_typed(rep: Client, order: Order) -> None:
    line = order.lines.get()
    [row] = rep.get(form_of(order)).context["form"].rows()
    assert (row.field.initial, [value for _, value in row.cells]) == ("10", ["10", "0", "10"])

    answer = rep.post(form_of(order), {"status": "shipped", str(line.pk): "4"})

    assert answer["Location"] == record_url(order)
    [row] = rep.get(form_of(order)).context["form"].rows()
    assert (row.field.initial, [value for _, value in row.cells]) == ("6", ["10", "4", "6"])


@pytest.mark.parametrize(
    "quantity", ["1e15", "1e20", "1E+999", "9" * 400, "sNaN", "-7", "1.234567"]
)
def test_refuses_a_quantity_beside_its_line(rep: Client, order: Order, quantity: str) -> None:
    line = str(order.lines.get().pk)

    answer = rep.post(form_of(order), {"status": "shipped", line: quantity})

    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [line])
    assert not order.shipments.exists()


@pytest.mark.parametrize(
    ("stop", "reason"),
    [
        (hold, "{} is on hold (Credit check): release it first."),
        (ship_all, "Everything of {} is shipped: change the order to ship more."),
    ],
)
def test_shows_why_the_service_ships_nothing(
    rep: Client, market: Market, order: Order, stop: Callable[[Market, Order], None], reason: str
) -> None:
    stop(market, order)

    refused = rep.get(form_of(order))

    assert reason_shown(rep, refused, order) == reason.format(order.number)
    page = rep.get(record_url(order))
    [offered] = [each for each in page.context["actions"].all if each.url == form_of(order)]
    assert offered.reason == reason.format(order.number)


def test_records_a_return_of_a_shipment(rep: Client, order: Order, shipment: Shipment) -> None:
    line = order.lines.get()
    page = rep.get(at("return", shipment))
    assert [cell for _, cell in page.context["form"].rows()[0].cells] == ["4", "0", "4"]

    answer = rep.post(
        at("return", shipment), {str(line.pk): "3", "carrier": "DHL", "replace": "yes"}
    )

    assert answer["Location"] == record_url(order)
    back = order.shipments.get(direction="return")
    assert (back.returns, back.carrier, back.lines.get().quantity) == (shipment, "DHL", 3)
    line.refresh_from_db()
    assert (line.shipped_quantity, line.returned_quantity, line.replaced_quantity) == (4, 3, 3)
    shown = rep.get(record_url(order)).text
    assert f"return of {shipment}" in shown
    assert "3 returned, 3 to be replaced" in shown


def test_refuses_to_return_more_than_the_shipment_contains(
    rep: Client, market: Market, order: Order, shipment: Shipment
) -> None:
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(6)})
    page = rep.post(at("return", shipment), {str(line.pk): "5", "replace": "no"})
    nothing = rep.post(at("return", shipment), {"carrier": "DHL", "replace": "no"})
    assert (page.status_code, nothing.status_code) == (422, 422)
    [refusal] = page.context["form"].errors[str(line.pk)]
    assert refusal == (
        "Only 4 of Espresso machine in O-2026-00001-S1 can still be returned: enter at most 4."
    )
    assert not order.shipments.filter(direction="return").exists()


def test_refuses_a_return_of_what_is_returned_or_was_not_shipped(
    rep: Client, market: Market, order: Order, shipment: Shipment
) -> None:
    line = order.lines.get()
    packed = record_shipment(
        order.pk, actor=market.rep, lines={line.pk: Decimal(1)}, status="packed"
    )
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(4)}, returns=shipment)
    for each in (packed, shipment):
        refused = rep.get(at("return", each))
        reason = f"Nothing of {each} is left to return: choose another shipment."
        assert reason_shown(rep, refused, order) == reason
    with pytest.raises(QuantityExceedsOpen):
        record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(1)}, returns=shipment)


def test_records_parcels_with_their_tracking_numbers(
    rep: Client, order: Order, shipment: Shipment
) -> None:
    rep.post(at("parcel", shipment), {"tracking": "JD01", "carrier": "DHL", "weight_kg": "2.5"})
    rep.post(at("parcel", shipment), {"tracking": "JD02", "carrier": "DHL"})
    again = rep.post(at("parcel", shipment), {"tracking": "JD02"})

    shipment.refresh_from_db()
    assert (shipment.carrier, shipment.tracking) == ("DHL", "JD01")
    assert [str(parcel) for parcel in shipment.parcels.order_by("tracking")] == ["JD01", "JD02"]
    assert again.status_code == 422
    shown = rep.get(record_url(order)).content.decode()
    assert "JD02" in shown
    assert "2.5 kg" in shown


def test_marks_a_shipment_as_delivered_and_never_as_shipped_again(
    rep: Client, order: Order, shipment: Shipment
) -> None:
    rep.post(at("move", shipment, "delivered"))
    backwards = rep.post(at("move", shipment, "shipped"))
    shipment.refresh_from_db()
    assert shipment.status == Shipment.Status.DELIVERED
    assert reason_shown(rep, backwards, order) == f"{shipment} is delivered, and that is final."
    assert order.lines.get().delivered_quantity == 4


def test_is_closed_to_other_teams_and_auditors(
    client: Client, order: Order, shipment: Shipment
) -> None:
    line = order.lines.get()
    for who, status in ((UserFactory.create(), 404), (UserFactory.create(role=roles.AUDITOR), 403)):
        client.force_login(who)
        urls = {
            at("return", shipment): {str(line.pk): "1"},
            at("parcel", shipment): {"tracking": "JD01"},
            at("move", shipment, "delivered"): {},
        }
        for url, form in urls.items():
            assert client.post(url, form).status_code == status
    assert order.shipments.get().parcels.count() == 0
