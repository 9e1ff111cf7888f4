"""Values of pushes: what is here now, whatever was sent before and is not reported yet."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fulfilment.models import Discrepancy, Payload
from fulfilment.outbound.drain import drain
from sales.models import Order
from sales.services.change_order_records import NothingChanged
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import HeadChanges
from sales.services.orders import hold_order, release_order
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import SupplySystem, connected_system, settled

CENT = Decimal("0.01")
FIELDS = (
    *("quantity", "unit_price", "discount_amount", "price_quantity", "line day", "day"),
    *("customer_reference", "shipping_address", "payment_terms", "hold"),
)


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The sandbox's supply-chain system."""
    return connected_system(market, monkeypatch, tmp_path)


def pushed() -> dict[str, Any]:
    """Send what waits, and return the order of the last push."""
    drain()
    data: dict[str, Any] = json.loads(Payload.objects.latest("id").body)["data"]["order"]
    return data


def comes_to(line: dict[str, Any]) -> Decimal:
    """Work out what a line of a push comes to, as they do."""
    names = ("quantity", "cancelled", "price", "discount", "price_unit", "charge")
    quantity, cancelled, price, discount, unit, charge = (Decimal(line[name]) for name in names)
    percent = Decimal(line["discount_percent"]) / 100
    net = (quantity - cancelled) * (price - discount) / unit * (1 - percent) + charge
    return net.quantize(CENT, ROUND_HALF_UP)


def edit_line(order: Order, market: Market, **fields: Any) -> None:
    """Change the line of an order."""
    line = order.lines.get().pk
    change_order(order.pk, Changes(lines={line: fields}), actor=market.rep)


def test_an_edit_that_is_not_reported_yet_is_sent_with_the_next(
    system: SupplySystem, market: Market
) -> None:
    order = sold(market)
    settled(system, order)
    edit_line(order, market, quantity=Decimal(9))
    drain()

    change_order(order.pk, Changes(head={"customer_reference": "PO-9"}), actor=market.rep)

    assert pushed()["lines"][0]["quantity"] == "9"
    assert settled(system, order)["lines"][0]["quantity"] == "9"
    assert order.lines.get().quantity == 9
    assert not Discrepancy.objects.exists()


@pytest.mark.parametrize("split", [{}, {"discount": "0", "discount_percent": "10"}])
@pytest.mark.parametrize("number", range(4))
def test_each_push_has_what_is_here_now(
    system: SupplySystem, market: Market, split: dict[str, str], number: int
) -> None:
    order = sold(market)
    there = settled(system, order)
    if split:
        system.edit_line(there["id"], **split)
    settled(system, order)
    random = Random(number)

    for _step in range(8):
        with suppress(NothingChanged):
            _edit(order, market, random)
            _check(order)

    order.refresh_from_db()
    version = order.version
    there = settled(system, order)
    order.refresh_from_db()
    assert comes_to(there["lines"][0]) == order.lines.get().net
    assert _sent(there) == dict(_here(order))
    assert order.version == version
    assert not Discrepancy.objects.exists()


def _check(order: Order) -> None:
    push = pushed()
    order.refresh_from_db()
    assert _sent(push) == dict(_here(order))
    [sent], line = push["lines"], order.lines.get()
    assert comes_to(sent) == line.net
    assert {name: Decimal(sent[name]) for name in ("quantity", "price", "price_unit")} == {
        "quantity": line.quantity,
        "price": line.unit_price,
        "price_unit": line.price_quantity,
    }
    assert sent["requested_ship_date"] == (line.requested_on and str(line.requested_on))


def _here(order: Order) -> Iterator[tuple[str, Any]]:
    yield "customer_reference", order.customer_reference or None
    yield "on_hold", order.is_on_hold
    yield "ship_to", order.shipping_address
    yield "requested_ship_date", order.requested_on and str(order.requested_on)
    yield "payment_terms", "NET30" if order.payment_terms_id else None


def _sent(order: dict[str, Any]) -> dict[str, Any]:
    names = ("customer_reference", "on_hold", "ship_to", "requested_ship_date", "payment_terms")
    return {name: order[name] if name == "on_hold" else order[name] or None for name in names}


def _edit(order: Order, market: Market, random: Random) -> None:
    """Change one field, at times back to what it was."""
    field = random.choice(FIELDS)
    day = dt.date(2027, 1, random.randint(1, 3))
    values = {
        "quantity": Decimal(random.choice(["3", "7", "9"])),
        "unit_price": Decimal(random.choice(["20", "19.99", "31"])),
        "discount_amount": Decimal(random.choice(["0", "10.00", "5.55"])) or None,
        "price_quantity": Decimal(random.choice([1, 3])),
    }
    head: dict[str, HeadChanges] = {
        "day": {"requested_on": day},
        "customer_reference": {"customer_reference": random.choice(["PO-1", "PO-2"])},
        "shipping_address": {
            "shipping_address": {"street": random.choice(["Quai 4", "Rue 5"]), "city": "Lyon"}
            | {"postal_code": "69001", "country": "FR"}
        },
        "payment_terms": {"payment_terms": random.choice([None, market.payment_terms])},
    }
    order.refresh_from_db()
    if field == "hold" and order.is_on_hold:
        release_order(order.pk, actor=market.rep)
    elif field == "hold":
        hold_order(order.pk, actor=market.rep, reason="Credit check")
    elif field in head:
        change_order(order.pk, Changes(head=head[field]), actor=market.rep)
    elif field == "line day":
        edit_line(order, market, requested_on=day)
    else:
        edit_line(order, market, **{field: values[field]})
