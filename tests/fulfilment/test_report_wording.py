"""Words about reports: whatever was reported, people read no names of code and no identifiers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from fulfilment.inbound.effects import EFFECTS
from fulfilment.models import Discrepancy, InboundMessage
from fulfilment.monitoring.integration_log import read_exchange
from sales.models import Invoice, Order
from tests.architecture.test_sentences import names_in
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order
from tests.fulfilment.invoice_reports import OF_INVOICES
from tests.fulfilment.messages import receive_from, shortage, status_event
from tests.fulfilment.test_message_order import OF_ORDERS
from web.pages.open_reports import open_reports_card

Message = dict[str, Any]


def shown(document: Order | Invoice) -> Iterator[str]:
    """What pages show of the reports about a document: causes, titles and the log."""
    messages, found = InboundMessage.objects.all(), Discrepancy.objects.all()
    yield from (each.display_detail for each in messages)
    yield from (each.display_about for each in found)
    yield from map(str, read_exchange(document).entries)
    card = open_reports_card(messages, found, {}, document.owner)
    yield from (row.title for row in (card.rows if card else ()))


def check_words(document: Order | Invoice, far_end: FarEnd, messages: Sequence[Message]) -> None:
    for message in messages:
        receive_from(far_end, message)
    assert [text for text in shown(document) if names_in(text)] == []


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "the last first"])
@pytest.mark.parametrize("reports", OF_ORDERS)
def test_what_is_said_about_an_order(
    market: Market, warehouse: FarEnd, reports: Callable[[Order], list[Message]], turned: bool
) -> None:
    order = submitted_order(market, "10", "3")

    check_words(order, warehouse, reports(order)[:: -1 if turned else 1])


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "the last first"])
@pytest.mark.parametrize("reports", OF_INVOICES)
def test_what_is_said_about_an_invoice(
    invoice: Invoice, erp: FarEnd, reports: Callable[[Invoice], list[Message]], turned: bool
) -> None:
    check_words(invoice, erp, reports(invoice)[:: -1 if turned else 1])


def test_what_is_said_about_a_line_that_is_not_there(order: Order, warehouse: FarEnd) -> None:
    message = shortage(order, "2")
    message["data"]["lines"][0]["order_line"] = str(uuid.uuid4())

    check_words(order, warehouse, [message])

    assert Discrepancy.objects.get().display_about == f"a line that {order.number} does not have"
    assert InboundMessage.objects.get().display_detail == (
        f"The report names a line that {order.number} does not have."
    )


def test_what_is_said_about_an_unexpected_error(
    order: Order, warehouse: FarEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"duplicate key (connection_id)=({uuid.uuid4()})")

    monkeypatch.setitem(EFFECTS, "warehouse.order.status", fail)

    check_words(order, warehouse, [status_event(order)])
