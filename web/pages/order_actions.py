"""Actions on an order, each with the reason if it is not possible now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from crm.models import User
from sales.models import Invoice, Order, OrderLine
from sales.pricing.advances import TaxAmount
from sales.services.billing.least_quantities import nothing_to_close
from sales.services.billing.open_rest import has_open_units, has_started, open_deductions
from sales.services.billing.surplus import Surplus
from sales.services.order_invoices import check_open_to_bill
from sales.services.price_refresh import PriceDrift
from web.display import Action
from web.pages.draft_actions import lock_action, refresh_action
from web.pages.duties import bill_elsewhere_reason
from web.pages.records import refusal_of
from web.pages.shipments import no_ship_reason
from web.pages.surplus import open_draft, surplus_action
from web.pages.todays_figures import ISSUE


def order_actions(
    order: Order,
    user: User,
    lines: Sequence[OrderLine],
    drifts: Sequence[PriceDrift],
    taken: Mapping[UUID, TaxAmount],
    surplus: Surplus | None,
    invoices: Sequence[Invoice],
) -> list[Action]:
    """List what can be done with an order, the next step first.

    ``taken`` is what its trade-ins and rebates have taken off its ``invoices``.
    """
    actions = []
    if user.has_perm("sales.change_order"):
        if order.is_draft:
            actions = _draft_actions(order, user, drifts)
        elif order.is_binding:
            actions = _submitted_actions(order, user, lines, taken, surplus, invoices)
    if order.number is None or not user.has_perm("fulfilment.add_shipment"):
        return actions
    # Shipping comes first until something has left; then billing does.
    started = order.is_on_hold or order.fulfilment_status != Order.Fulfilment.NOT_STARTED
    place = 1 if started else 0
    return [*actions[:place], _ship(order, user, lines), *actions[place:]]


def _url(order: Order, name: str) -> str:
    return reverse(f"sales:order-{name}", args=[order.pk])


def _draft_actions(order: Order, user: User, drifts: Sequence[PriceDrift]) -> list[Action]:
    return [
        Action(gettext("Submit"), _url(order, "submit"), "send", form_id=ISSUE),
        Action(gettext("Edit head"), _url(order, "edit"), "pencil", asks=True),
        refresh_action(order, drifts),
        lock_action(order, user),
        _cancel(order),
    ]


def _submitted_actions(
    order: Order,
    user: User,
    lines: Sequence[OrderLine],
    taken: Mapping[UUID, TaxAmount],
    surplus: Surplus | None,
    invoices: Sequence[Invoice],
) -> list[Action]:
    invoice, end = _invoice(order, user, lines), _end(order, lines, taken)
    invoicing = [invoice, *_to_settle(surplus, invoices)]
    change = Action(gettext("Change order"), _url(order, "change"), "edit", asks=True, aside=True)
    if order.is_on_hold:
        release = Action(gettext("Release"), _url(order, "release"), "player-play")
        return [release, *invoicing, change, end]
    if not order.is_submitted:
        return [*invoicing, change]
    hold = Action(
        gettext("Put on hold"),
        _url(order, "hold"),
        "player-pause",
        asks=True,
        dialog=True,
        aside=True,
    )
    return [*invoicing, change, hold, end]


def _to_settle(surplus: Surplus | None, invoices: Sequence[Invoice]) -> list[Action]:
    """Lead to what is asked for ahead and not deducted, and to the first draft to issue."""
    drafts = [invoice for invoice in invoices if invoice.is_draft]
    if surplus is not None:
        return [surplus_action(surplus)]
    return [open_draft(drafts[0])] if drafts else []


def _end(order: Order, lines: Sequence[OrderLine], taken: Mapping[UUID, TaxAmount]) -> Action:
    """Cancel the order, or what is left of it once part of it is shipped or billed."""
    if not has_started(lines):
        return _cancel(order)
    is_open = has_open_units(lines) or open_deductions(lines, taken)
    return Action(
        gettext("Close the rest"),
        _url(order, "close"),
        "ban",
        asks=True,
        dialog=True,
        tone="danger",
        reason="" if is_open else nothing_to_close(order, lines),
    )


def _cancel(order: Order) -> Action:
    return Action(
        gettext("Cancel order"), _url(order, "cancel"), "ban", asks=True, dialog=True, tone="danger"
    )


def _invoice(order: Order, user: User, lines: Sequence[OrderLine]) -> Action:
    reason = bill_elsewhere_reason(order.company, user)
    reason = reason or refusal_of(lambda billed: check_open_to_bill(billed, lines), order)
    url = _url(order, "invoice")
    return Action(gettext("Create invoice"), url, "receipt", asks=True, reason=reason)


def _ship(order: Order, user: User, lines: Sequence[OrderLine]) -> Action:
    return Action(
        gettext("Record shipment"),
        reverse("fulfilment:shipment-new", args=[order.pk]),
        "truck-delivery",
        asks=True,
        reason=no_ship_reason(order, lines, user),
    )
