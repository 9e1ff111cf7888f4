"""Page of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_day, format_day_of, format_money
from crm.models import User
from fulfilment.models import Shipment
from sales.models import Invoice, Order, OrderLine
from sales.pricing.advances import TaxAmount
from sales.services.billing.ledgers import read_ledger, taken_off
from sales.services.billing.open_rest import open_deductions
from sales.services.billing.order_outcome import Outcome, differs, find_outcome
from sales.services.billing.surplus import Surplus, find_surplus
from sales.services.documents.tax_rates import tax_drift
from sales.services.documents.todays_figures import todays_figures
from sales.services.prices.promotion_discounts import promotions_of
from web.chips.documents import billing_chip, fulfilment_chip, order_chip
from web.display import Actions, Chip, Fact, Link
from web.forms.prices import PromotionForm
from web.pages.activity import activity_card
from web.pages.addresses import format_address
from web.pages.cards import Card
from web.pages.change_orders import ChangeOrderRow, change_order_rows
from web.pages.document_flow import document_flow, flow_steps
from web.pages.documents import (
    DocumentPage,
    common_facts,
    history_card,
    may_edit,
    own_facts,
    read_events,
    subtitle,
    tax_notices,
)
from web.pages.integration import Integration, build_integration
from web.pages.lines import below_total, build_lines, drifts_of, read_lines
from web.pages.order_actions import order_actions
from web.pages.order_invoices import invoices_card
from web.pages.order_outcome import outcome_rows, return_notices
from web.pages.promotions import Promotions, build_promotions
from web.pages.shipments import ShipmentRow, read_shipments, shipment_rows
from web.pages.surplus import surplus_notices
from web.pages.sync import draft_chip
from web.pages.todays_figures import todays_notices
from web.record_urls import record_url

RELATED = ("quote__company", "opportunity__stage", "opportunity__lead")
"""What an order's page reads along with the order, beside what every document's does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedOrder:
    """The parts of the page that only a submitted order has."""

    shipments: Sequence[ShipmentRow]
    invoices: Card
    changes: Sequence[ChangeOrderRow]
    integration: Integration


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPage(DocumentPage):
    """The page of an order; a draft is edited on it."""

    promotions: Promotions
    submitted: SubmittedOrder | None


def order_page(
    order: Order, user: User, *, problem: str = "", promotion_form: PromotionForm | None = None
) -> OrderPage:
    """Read and format everything that the page of an order shows; 15 statements at most.

    Three more read the ledger where it is needed, one more what to credit for returned goods.
    """
    editable = may_edit(order, user)
    lines = read_lines(order)
    uses = promotions_of(order)
    today = todays_figures(order, lines, uses)
    drifts, taken = drifts_of(order, lines), _taken_off(order, lines)
    invoices, shipments = _read_invoices(order), _read_shipments(order)
    submitted = _submitted(order, user, shipments, invoices)
    surplus, outcome = _end_of(order, lines, invoices)
    sent = sum(1 for each in shipments if each.direction == Shipment.Direction.OUT)
    flow = document_flow(order, shipment_count=sent, invoices=invoices)
    return OrderPage(
        record=order,
        crumb=Link(gettext("Orders"), reverse("sales:order-list")),
        heading=str(order),
        subtitle=subtitle(order),
        chips=_chips(order, submitted),
        actions=Actions(order_actions(order, user, lines, drifts, taken, surplus, invoices)),
        problem=problem,
        locked=_locked_reason(order),
        flow=flow_steps(flow, order, user),
        lines=below_total(
            build_lines(order, lines, drifts, editable=editable, taken=taken, seen=today.seen),
            outcome_rows(outcome, order.currency),
        ),
        promotions=build_promotions(order, uses, editable=editable, form=promotion_form),
        submitted=submitted,
        notes=order.notes,
        notices=[*_notices(order, lines, taken, surplus), *return_notices(lines, user)],
        todays=todays_notices(today),
        activity=activity_card(order, user),
        facts=_facts(order),
        history=history_card(read_events(order)),
    )


def _end_of(
    order: Order, lines: Sequence[OrderLine], invoices: Sequence[Invoice]
) -> tuple[Surplus | None, Outcome | None]:
    """Find what is to be credited of down payments, and what the order comes to."""
    ledger = read_ledger(order, lines) if order.is_binding and differs(lines) else None
    surplus = find_surplus(order, lines=lines, invoices=invoices, ledger=ledger)
    return surplus, find_outcome(order, lines, ledger)


def _read_invoices(order: Order) -> list[Invoice]:
    if order.number is None:
        return []
    invoices = order.invoices.select_related("company").prefetch_related("instalments")
    return list(invoices.order_by("id"))


def _taken_off(order: Order, lines: Sequence[OrderLine]) -> Mapping[UUID, TaxAmount]:
    return {} if order.number is None else taken_off(order, lines)


def _read_shipments(order: Order) -> list[Shipment]:
    return [] if order.number is None else read_shipments(order)


def _submitted(
    order: Order, user: User, shipments: Sequence[Shipment], invoices: Sequence[Invoice]
) -> SubmittedOrder | None:
    if order.number is None:
        return None
    return SubmittedOrder(
        shipments=shipment_rows(shipments, user),
        invoices=invoices_card(invoices),
        changes=change_order_rows(order),
        integration=build_integration(order, user, invoices),
    )


def _notices(
    order: Order,
    lines: Sequence[OrderLine],
    taken: Mapping[UUID, TaxAmount],
    surplus: Surplus | None,
) -> list[str]:
    notices = [*_tax_notices(order, lines, taken), *_deduction_notices(order, lines, taken)]
    return [*notices, *surplus_notices(surplus)]


def _tax_notices(
    order: Order, lines: Sequence[OrderLine], taken: Mapping[UUID, TaxAmount]
) -> list[str]:
    """Say which tax rates are others by now, of what is not billed yet, and how to take them."""
    if order.is_cancelled or not order.prices_locked:
        return []
    untouched = [line for line in open_deductions(lines, taken) if not taken[line.pk]]
    whole = tax_drift(
        [*(line for line in lines if line.open_to_bill and not line.billed), *untouched]
    )
    if order.is_draft:
        unlock = gettext(
            "Tax was agreed at %(agreed)s and is %(today)s today: %(lines)s. "
            "Unlock the prices to take today's rate."
        )
        return tax_notices(whole, unlock)
    in_part = tax_drift(line for line in lines if line.open_to_bill and line.billed)
    change = gettext(
        "Tax was agreed at %(agreed)s and is %(today)s today: %(lines)s. "
        "A change order can take today's rate."
    )
    add_rest = gettext(
        "Tax was agreed at %(agreed)s and is %(today)s today: %(lines)s. "
        "What is billed in part keeps its rate: in a change order, reduce it to what is billed "
        "and add the rest as a new line, which takes today's rate."
    )
    return [*tax_notices(whole, change), *tax_notices(in_part, add_rest)]


def _deduction_notices(
    order: Order, lines: Sequence[OrderLine], taken: Mapping[UUID, TaxAmount]
) -> list[str]:
    """Name the trade-ins and rebates that no invoice will take off, and the way on."""
    if not order.is_binding or any(line.counts and line.open_to_bill for line in lines):
        return []
    return [
        gettext(
            "%(line)s: %(left)s are not taken off yet, and nothing is left to invoice. "
            "Change the order to sell more, or close the rest."
        )
        % {
            "line": line.description,
            "left": format_money(-line.net - taken[line.pk].taxable, order.currency),
        }
        for line in open_deductions(lines, taken)
    ]


def _chips(order: Order, submitted: SubmittedOrder | None) -> list[Chip]:
    """Show how far the order is itself, in fulfilment, in billing and in the other systems."""
    if submitted is None:
        return [order_chip(order), *filter(None, [draft_chip(order)])]
    chips = [order_chip(order), fulfilment_chip(order)]
    if order.is_binding:
        chips.append(billing_chip(order))
    return [*chips, *filter(None, [submitted.integration.sync])]


def _locked_reason(order: Order) -> str:
    """Return why an order, or its prices, are not edited, and the way on."""
    if order.is_draft and order.prices_are_locked:
        if order.quote is None:
            return gettext("The prices are locked: they stay, also when the list changes.")
        return gettext("The prices were agreed in %(quote)s and stay until they are unlocked.") % {
            "quote": order.quote
        }
    if order.is_on_hold:
        return gettext("On hold: %(reason)s") % {"reason": order.hold_reason}
    if order.is_cancelled:
        return gettext("Cancelled: %(reason)s") % {"reason": order.cancelled_reason}
    return ""


def _facts(order: Order) -> list[Fact]:
    """List the facts of the page."""
    facts = common_facts(order)
    if order.delivery_address:
        ship_to = format_address(order.delivery_address)
        facts.insert(1, Fact(gettext("Ship to"), ship_to, is_whole=True))
    if order.confirmed_on:
        facts.insert(1, Fact(gettext("Confirmed delivery"), format_day(order.confirmed_on)))
    facts[1:1] = own_facts(order)
    if order.quote is not None:
        facts.insert(1, Fact(gettext("Quote"), Link(str(order.quote), record_url(order.quote))))
    if order.submitted_at:
        facts.insert(1, Fact(gettext("Submitted"), format_day_of(order.submitted_at)))
    if order.processing_status:
        facts.append(Fact(gettext("Warehouse status"), order.processing_status))
    return facts
