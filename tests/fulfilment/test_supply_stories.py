"""Random orders that the supply-chain system delivers, takes back, bills and credits: 0 cents off.

Its messages come in any order and some of them twice.
"""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.inbound.deferral import retry_deferred
from fulfilment.models import Discrepancy, InboundMessage, Shipment, ShipmentLine
from sales.models import Invoice, Order
from sales.services.integrity.verification import verify
from sandbox.errors import Refused
from sandbox.supply.records import Order as TheirOrder
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import connect_supply, mapped_product
from tests.fulfilment.supply_trading import SupplyTrading

STORIES = 10
STEPS = 9
SUMS = ("invoice_total", "invoice_tax")
"""Each side rounds its taxes in its own way."""


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    """The supply-chain system, which ships and bills, with one mapped item AX-9 at 25.00."""
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    market.company.billed_by = market.company.shipped_by = "supply"
    market.company.save()
    return far_end


def random_line(chance: random.Random) -> dict[str, str]:
    return {
        "item": "AX-9",
        "unit": "EA",
        "quantity": str(chance.randint(1, 9)),
        "price": f"{chance.randint(1, 99999) / 100:.2f}",
        "discount_percent": chance.choice(["0", "0", "3", "12.5"]),
        "charge": chance.choice(["0", "0", "1.25"]),
        "tax_rate": chance.choice(["0.2", "0.1", "0"]),
    }


def trade(theirs: SupplyTrading, there: TheirOrder, chance: random.Random) -> None:
    """Take one step, if it is possible."""
    lines = [
        {"id": line.id, "quantity": str(chance.randint(1, int(line.quantity)))}
        for line in there.lines
        if chance.random() < 0.7
    ]
    action = chance.choice(["deliver", "deliver", "return", "invoice", "invoice", "credit"])
    fields: dict[str, Any] = {"lines": lines} if lines and chance.random() < 0.8 else {}
    flag = {"return": "replace", "credit": "bill_again"}.get(action)
    if flag:
        fields[flag] = chance.random() < 0.4
    try:
        theirs.post(there, action, **fields)
    except Refused:
        return


def hear_in_any_order(supply: FarEnd, theirs: SupplyTrading, chance: random.Random) -> None:
    """Receive every message, in any order and some of them twice, until none can be applied."""
    messages = theirs.messages()
    received = [*messages, *chance.sample(messages, len(messages) // 2)]
    chance.shuffle(received)
    for message in received:
        receive_from(supply, message)
    for _round in range(len(messages)):
        if not retry_deferred():
            break


def of_theirs(bill: dict[str, Any]) -> dict[str, Decimal]:
    """The sums of an invoice of theirs by tax rate, all positive."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in bill["lines"]:
        rate = f"{Decimal(line['tax_rate']):.2f}"
        sums[f"net {rate}"] += abs(Decimal(line["amount"]))
        sums[f"tax {rate}"] += abs(Decimal(line["tax"]))
    totals = bill["totals"]
    for name in ("discount", "charges", "total"):
        sums[name] += abs(Decimal(totals[name]))
    return {name: amount for name, amount in sums.items() if amount}


def of_ours(invoice: Invoice) -> dict[str, Decimal]:
    """The same of an invoice or a credit note of ours."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in invoice.lines.all():
        sums[f"net {line.tax_rate:.2f}"] += line.net
        sums[f"tax {line.tax_rate:.2f}"] += line.tax
    sums |= {"discount": invoice.discount, "charges": invoice.freight, "total": invoice.total}
    return {name: amount for name, amount in sums.items() if amount}


def progress_of(order: Order) -> list[tuple[Any, ...]]:
    return list(
        order.lines.order_by("position").values_list(
            *("shipped_quantity", "returned_quantity", "replaced_quantity"),
            *("invoiced_quantity", "credited_quantity"),
        )
    )


@pytest.mark.parametrize("seed", range(STORIES))
def test_what_they_trade_is_here_to_the_cent(
    supply: FarEnd, tmp_path: Path, market: Market, seed: int
) -> None:
    chance, theirs = random.Random(seed), SupplyTrading(tmp_path)  # no secret
    head = {
        "header_discount": chance.choice(["0", "0.50"]),
        "header_charges": chance.choice(["0", "4.90"]),
        "prices_include_tax": chance.random() < 0.3,
    }
    there = theirs.enter(*(random_line(chance) for _line in range(chance.randint(1, 3))), **head)
    for _step in range(STEPS):
        trade(theirs, there, chance)

    hear_in_any_order(supply, theirs, chance)

    waiting = [str(each.display_detail) for each in InboundMessage.objects.waiting()]
    assert waiting == []
    order, there = Order.objects.get(), theirs.now(there)
    assert progress_of(order) == [
        (line.delivered, line.returned, line.replaced, line.invoiced, line.credited)
        for line in there.lines
    ]
    bills = {bill["number"]: bill for bill in theirs.bills(there)}
    assert {each.number for each in Invoice.objects.all()} == set(bills)
    for invoice in Invoice.objects.all():
        ours, theirs_of_it = of_ours(invoice), of_theirs(bills[str(invoice.number)])
        if order.prices_include_tax:  # their lines and their discount have the tax in them
            for sums in (ours, theirs_of_it):
                for name in [each for each in sums if each.startswith(("net", "discount"))]:
                    del sums[name]
        assert ours == theirs_of_it
        assert (invoice.origin, invoice.owner) == ("supply", order.owner)
    moved = ShipmentLine.objects.filter(shipment__in=Shipment.objects.filter(order=order))
    assert sum(each.quantity for each in moved) == sum(
        line.delivered + line.returned for line in there.lines
    )
    assert set(Discrepancy.objects.open().values_list("kind", flat=True)) <= set(SUMS)
    assert not any(verify().values())
