"""Orders: submit, hold, release, cancel, and draft from a won quote."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from common.errors import IllegalTransition, MissingField
from common.rows import save_columns
from crm.actors import Actor
from sales.models import Order, OrderLine, PaymentTerms, Quote, QuoteLine, SalesEvent
from sales.services.billing.down_payments import refuse_while_asked_ahead
from sales.services.billing.open_rest import has_open_units, has_started
from sales.services.billing.order_statuses import derive_statuses
from sales.services.documents.copying import copy_head, copy_lines
from sales.services.documents.locks import lock_order
from sales.services.documents.numbering import assign_number, take_number
from sales.services.documents.readiness import check_price_list, check_ready
from sales.services.documents.todays_figures import price_to_issue
from sales.services.draft_invoices import draft_invoices, drop_draft
from sales.services.errors import AlreadyInvoiced, AlreadyShipped, NotOnHold, OnHold
from sales.services.events import SENT_TO, no_echo, record_event
from sales.services.order_invoices import bill_by_terms
from sales.services.prices.exchange_rates import freeze_exchange_rate
from sales.services.prices.pricing_input import lines_of
from sales.services.promotions import (
    carry_promotions,
    redeem_promotions,
    release_promotions,
)

WAYS_ON = {
    (AlreadyShipped, True): gettext_lazy("%(order)s is shipped in part: close the rest instead."),
    (AlreadyShipped, False): gettext_lazy(
        "%(order)s is shipped: record what comes back as a return instead."
    ),
    (AlreadyInvoiced, True): gettext_lazy("%(order)s is invoiced in part: close the rest instead."),
    (AlreadyInvoiced, False): gettext_lazy(
        "%(order)s is invoiced: credit its invoices instead, not to bill again."
    ),
}
"""What to do instead of cancelling an order, by what was done and whether units are open."""


def order_from_quote(quote: Quote, lines: Sequence[QuoteLine], *, actor: Actor) -> Order:
    """Draft the order of a won quote: its taken lines at exactly the agreed figures.

    The caller holds the quote's lock; the database allows one order per quote.
    """
    order = copy_head(
        quote,
        Order,
        quote=quote,
        opportunity=quote.opportunity,
        prices_are_locked=True,
    )
    order.save(force_insert=True)
    taken = [line for line in lines if line.is_included]
    copy_lines(taken, OrderLine, order=order, extra=lambda line: {"quote_line": line})
    carry_promotions(quote, order)
    redeem_promotions(order)
    record_event(
        SalesEvent.Type.ORDER_DRAFTED, order, actor=actor, data={"quote": str(quote)}, is_first=True
    )
    return order


@transaction.atomic
def submit_order(
    order_id: uuid.UUID,
    *,
    actor: Actor,
    seen: str = "",
    number: str = "",
) -> Order:
    """Make a draft binding: it gets its number and is sent to external systems.

    ``seen``, if given, is the hash of the figures that were shown; refused if they are others now.
    ``number`` is the one that the system which the order came from gave it.
    """
    order = lock_order(order_id)
    order.refuse_move_to(Order.Status.SUBMITTED, only_from=Order.Status.DRAFT)
    check_price_list(order)
    lines = lines_of(order)
    price_to_issue(order, lines, seen)
    if not order.prices_locked or order.exchange_rate_on is None:
        freeze_exchange_rate(order)
    check_ready(order, lines)
    redeem_promotions(order)
    order.move_to(
        Order.Status.SUBMITTED,
        number=take_number(order, number) if number else assign_number(order),
        submitted_at=timezone.now(),
        exchange_rate=order.exchange_rate,
        exchange_rate_on=order.exchange_rate_on,
        shipping_address=order.binding_shipping_address,
    )
    record_event(SalesEvent.Type.ORDER_SUBMITTED, order, actor=actor)
    bill_by_terms(order, PaymentTerms.InvoiceWhen.PLACED, actor=actor)
    return order


def check_to_hold(order: Order) -> None:
    """Refuse to hold an order that is not submitted, or is on hold."""
    if not order.is_submitted:
        raise IllegalTransition(
            gettext(
                "%(order)s is %(status)s: only submitted orders are put on hold. "
                "Submit it if it is a draft, or choose another order."
            )
            % {"order": order, "status": order.status_word}
        )
    if order.is_on_hold:
        raise OnHold(
            gettext("%(order)s is on hold already (%(reason)s): release it to change that.")
            % {"order": order, "reason": order.hold_reason}
        )


@transaction.atomic
def hold_order(order_id: uuid.UUID, *, actor: Actor, reason: str) -> Order:
    """Put an order on hold until it is released."""
    order = lock_order(order_id)
    check_to_hold(order)
    if not reason.strip():
        raise MissingField(gettext("Give the reason for the hold."), field="reason")
    order.change(is_on_hold=True, hold_reason=reason.strip())
    record_event(SalesEvent.Type.ORDER_HELD, order, actor=actor, data={"reason": reason})
    return order


@transaction.atomic
def release_order(order_id: uuid.UUID, *, actor: Actor) -> Order:
    """Release an order from hold."""
    order = lock_order(order_id)
    if not order.is_on_hold:
        raise NotOnHold(
            gettext("%(order)s is not on hold: it goes on as it is, with nothing to release.")
            % {"order": order}
        )
    order.change(is_on_hold=False, hold_reason="")
    record_event(SalesEvent.Type.ORDER_RELEASED, order, actor=actor)
    return order


@transaction.atomic
def send_order_again(order_id: uuid.UUID, *, actor: Actor, to: str) -> Order:
    """Send an order as it is now to one connection, by its code; nothing of the order changes."""
    order = lock_order(order_id)
    with no_echo():
        record_event(SalesEvent.Type.ORDER_SENT_AGAIN, order, actor=actor, data={SENT_TO: to})
    return order


def _refuse_started(order: Order, lines: Sequence[OrderLine]) -> None:
    """Refuse to cancel what is shipped or invoiced, with what can be done instead."""
    if has_started(lines):
        has_left = any(line.has_left for line in lines)
        refusal = AlreadyShipped if has_left else AlreadyInvoiced
        text = WAYS_ON[refusal, has_open_units(lines)]
        raise refusal(text % {"order": order})


def check_to_cancel(order: Order) -> None:
    """Refuse to cancel an order that went too far for it, with what can be done instead."""
    lines = lines_of(order)
    if order.is_completed:
        _refuse_started(order, lines)
    order.refuse_move_to(Order.Status.CANCELLED)
    refuse_while_asked_ahead(order)
    _refuse_started(order, lines)


@transaction.atomic
def cancel_order(order_id: uuid.UUID, *, actor: Actor, reason: str) -> Order:
    """Cancel an order of which nothing left to stay, and nothing is billed on issued invoices.

    Its drafts of invoices and down payments go with it.
    """
    order = lock_order(order_id)
    check_to_cancel(order)
    for draft in draft_invoices(order):
        drop_draft(draft, actor=actor)
    lines = list(order.lines.select_for_update(of=("self",)).select_related("product"))
    if not reason.strip():
        raise MissingField(gettext("Give the reason for the cancellation."), field="reason")
    release_promotions(order)
    was_submitted = order.is_submitted
    for line in lines:
        line.cancelled_quantity = line.quantity
    save_columns(lines, ["cancelled_quantity"])
    order.move_to(
        Order.Status.CANCELLED,
        cancelled_reason=reason.strip(),
        closed_at=timezone.now(),
        fulfilment_status=derive_statuses(order, lines).fulfilment,
        billing_status=Order.Billing.NOTHING,
    )
    type_ = (
        SalesEvent.Type.ORDER_CANCELLED if was_submitted else SalesEvent.Type.ORDER_DRAFT_CANCELLED
    )
    record_event(type_, order, actor=actor, data={"reason": reason})
    return order
