"""Documents of the supply-chain system that come several times at one moment are taken in once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from fulfilment.models import Shipment
from sales.models import Invoice, Order
from sales.services.integrity.verification import verify
from tests.concurrency import run_concurrently
from tests.factories import Market
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import connect_supply, mapped_product
from tests.fulfilment.supply_trading import LINE, SupplyTrading

pytestmark = pytest.mark.django_db(transaction=True)


def test_each_document_is_taken_in_once(
    transactional_db: None, httpserver: HTTPServer, tmp_path: Path
) -> None:
    market = Market()
    supply = connect_supply(httpserver, market)
    mapped_product(supply.connection, market, "AX-9", "25.00")
    theirs = SupplyTrading(tmp_path)
    there = theirs.enter(LINE)
    for action in ("deliver", "invoice", "return", "credit"):
        theirs.post(there, action)
    entered, *messages = theirs.messages()
    receive_from(supply, entered)

    for message in messages:
        again = [message | {"id": f"{message['id']}-{place}"} for place in range(4)]
        results = run_concurrently(*(partial(receive_from, supply, each) for each in again))
        assert set(results) <= {"applied", "stale"}

    line = Order.objects.get().lines.get()
    assert set(Invoice.objects.values_list("number", flat=True)) == {"SC-000001", "SI-000001"}
    assert Invoice.objects.count() == 2
    assert sorted(Shipment.objects.values_list("reference", flat=True)) == [
        *("PS-000001", "RMA-000001"),
    ]
    assert (line.shipped_quantity, line.returned_quantity) == (3, 3)
    assert (line.invoiced_quantity, line.credited_quantity) == (3, 3)
    assert not any(verify().values())
