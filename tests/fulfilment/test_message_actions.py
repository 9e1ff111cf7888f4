"""Actions on messages that were not applied: apply again after mending, set aside."""

from __future__ import annotations

from decimal import Decimal

import pytest

from common.errors import IllegalTransition, MissingField
from fulfilment.inbound.message_actions import apply_again, set_aside
from fulfilment.models import Discrepancy, InboundMessage
from sales.models import Order
from sales.services.change_orders import Changes, change_order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, event, shipment_event
from tests.fulfilment.messages import posted, receive_from, returned, stop_reporting


def test_applies_the_same_message_again_after_mending(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    message = shipment_event(order, "WH-1", "shipped", "12")
    assert receive_from(warehouse, message) == "conflict"
    stored = InboundMessage.objects.get()
    raised = Changes(lines={order.lines.get().pk: {"quantity": Decimal(12)}})
    change_order(order.pk, raised, actor=market.rep, reason="They need more")

    applied = apply_again(stored.pk)

    assert (applied.result, applied.is_open, applied.display_detail) == ("applied", False, "")
    assert not Discrepancy.objects.filter(resolved_at__isnull=True).exists()
    with pytest.raises(IllegalTransition):
        apply_again(stored.pk)


def test_counts_what_fits_now_after_mending(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    assert order.lines.get().shipped_quantity == 10
    raised = Changes(lines={order.lines.get().pk: {"quantity": Decimal(12)}})
    change_order(order.pk, raised, actor=market.rep, reason="They need more")

    apply_again(InboundMessage.objects.get().pk)

    assert order.lines.get().shipped_quantity == 12


def test_keeps_what_is_still_refused_with_its_cause(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    stop_reporting(warehouse)
    receive_from(warehouse, returned(order, "WH-R1", "3"))
    refused = InboundMessage.objects.latest("id")

    again = apply_again(refused.pk)

    assert (again.result, again.is_open) == ("quarantined", True)
    assert again.display_detail == (
        f"{warehouse.connection} may not report warehouse.return.received: "
        "tick it under “Reports as” of the connection if it should."
    )


def test_quarantines_again_what_still_has_no_document(warehouse: FarEnd) -> None:
    receive_from(warehouse, event("warehouse.order.status", {"order": "X", "status": "accepted"}))
    InboundMessage.objects.update(result="quarantined", give_up_at=None)

    again = apply_again(InboundMessage.objects.get().pk)

    assert (again.result, again.display_detail) == ("quarantined", "X is not known here yet.")


def test_applies_again_once_the_connection_is_mended(invoice: object, erp: FarEnd) -> None:
    erp.connection.config = {"tolerance": "a cent"}
    erp.connection.save()
    assert receive_from(erp, posted(invoice, "SI-1")) == "quarantined"  # type: ignore[arg-type]  # the fixture's invoice
    stored = InboundMessage.objects.get()
    assert stored.display_detail.startswith("The tolerance of ERP is “a cent”")
    erp.connection.config = {"tolerance": "0.01"}
    erp.connection.save()

    assert apply_again(stored.pk).result == "applied"


def test_sets_a_message_aside_once_and_with_a_reason(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "12"))
    stored = InboundMessage.objects.get()
    with pytest.raises(MissingField):
        set_aside(stored.pk, actor=market.rep, reason=" ")

    aside = set_aside(stored.pk, actor=market.rep, reason="A sample")

    assert (aside.is_open, aside.display_resolution) == (False, f"{market.rep}: A sample")
    with pytest.raises(IllegalTransition):
        set_aside(stored.pk, actor=market.rep, reason="Again")
    with pytest.raises(IllegalTransition):
        apply_again(stored.pk)
