"""Invoices of orders: the quantities to bill, and the exact part of the order's amounts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext

from common.errors import DomainError, IllegalTransition, MissingField
from common.formatting import format_rate
from common.rows import save_columns
from common.sentences import Amount
from common.sentences import sentence as _
from crm.actors import Actor
from crm.services.activities import note
from sales.models import (
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    PaymentTerms,
    SalesEvent,
)
from sales.pricing.errors import AmountExceedsOpen, InvalidQuantity, QuantityExceedsOpen
from sales.pricing.ledger_refusals import SMALLEST_SHARE
from sales.pricing.money import round_money
from sales.pricing.next_documents import NextInvoice
from sales.pricing.quantities import (
    SMALLEST_QUANTITY,
    check_line_not_negative,
    exceeds_open,
    needs_quantity,
    round_down,
)
from sales.pricing.rates import check_share
from sales.services.billing.bundle_units import shipped_as_parts
from sales.services.billing.down_payments import invoice_deposit
from sales.services.billing.invoice_parts import head_of, put_part
from sales.services.billing.ledgers import read_ledger
from sales.services.billing.part_quantities import check_part
from sales.services.documents.duties import refuse_if_billed_elsewhere
from sales.services.documents.locks import lock_order
from sales.services.errors import (
    DownPaymentNotIssued,
    NothingToInvoice,
    UnknownLine,
    billed_with_bundle,
    name_line,
)
from sales.services.events import no_echo, record_event
from sales.services.invoices import issue_invoice

What = Invoice.What
ZERO = Decimal(0)


@transaction.atomic
def invoice_order(
    order_id: uuid.UUID,
    *,
    actor: Actor,
    what: Invoice.What | str = What.SHIPPED,
    quantities: Mapping[uuid.UUID, Decimal] | None = None,
    rate: Decimal | None = None,
    shipment_ref: str = "",
) -> Invoice:
    """Draft an invoice for what was shipped, all that is open, chosen quantities or a percentage.

    `rate` is the fraction of what was ordered that a percentage invoice bills. The amounts are the
    order's own: any run of partial invoices sums to the order to the cent.
    """
    order = lock_order(order_id)
    refuse_not_billable(order, actor)
    lines = list(
        order.lines.select_for_update(of=("self",))
        .select_related("product", "price_list_item")
        .order_by("position")
    )
    if what == What.PERCENTAGE:
        quantities = _fractions(lines, rate)
    wanted = _quantities(order, lines, What(what), quantities)
    part = _price_part(order, lines, wanted)
    invoice = _invoice_for(order, What(what), lines, part, shipment_ref)
    for line in lines:
        if str(line.pk) in part.parts:
            line.drafted_quantity += part.parts[str(line.pk)].quantity
    save_columns(lines, ["drafted_quantity"])
    record_event(
        SalesEvent.Type.INVOICE_DRAFTED,
        invoice,
        actor=actor,
        data={"order": str(order)},
        is_first=True,
    )
    return invoice


def refuse_not_billable(order: Order, actor: Actor) -> None:
    """Refuse to bill an order that is not agreed, or that another system bills."""
    if not order.is_binding:
        raise IllegalTransition(
            gettext(
                "%(order)s is %(status)s: only submitted orders are invoiced. "
                "Submit it if it is a draft, or choose another order."
            )
            % {"order": order, "status": order.status_word}
        )
    refuse_if_billed_elsewhere(order.company, actor)


@no_echo()
def bill_by_terms(
    order: Order,
    moment: PaymentTerms.InvoiceWhen,
    *,
    actor: Actor,
    shipment_ref: str = "",
) -> Invoice | None:
    """Invoice and issue what the payment terms want billed at this moment, if anything.

    A deposit is asked for when the order is placed; an invoice of the same moment deducts it. What
    cannot be issued stays a draft for a person to look at. Where it deducts a down payment that is
    a draft itself, the order's timeline says so. Where another system bills, nothing is wanted.
    """
    terms = order.payment_terms
    if terms is None or not order.company.is_billed_by():
        return None
    if moment == PaymentTerms.InvoiceWhen.PLACED and terms.deposit_rate:
        deposit = invoice_deposit(order, actor=actor, rate=terms.deposit_rate)
        if deposit is not None:
            _issue_if_possible(order, deposit, actor)
    if terms.invoice_when != moment:
        return None
    what = What.SHIPPED if moment == PaymentTerms.InvoiceWhen.PER_SHIPMENT else What.ALL
    try:
        with transaction.atomic():
            invoice = invoice_order(order.pk, actor=actor, what=what, shipment_ref=shipment_ref)
    except NothingToInvoice:
        return None
    return _issue_if_possible(order, invoice, actor)


def _issue_if_possible(order: Order, invoice: Invoice, actor: Actor) -> Invoice:
    try:
        with transaction.atomic():
            return issue_invoice(invoice.pk, actor=actor)
    except DownPaymentNotIssued:
        _note_left(order, invoice, actor)
    except DomainError:
        pass
    return invoice


def _note_left(order: Order, invoice: Invoice, actor: Actor) -> None:
    text = _(
        "An invoice of %(total)s by the payment terms is left a draft: it deducts a down payment "
        "that is not issued. Issue the down payment first.",
        total=Amount(round_money(invoice.total, invoice.currency), invoice.currency),
    )
    note(order, text, actor=actor)


def open_quantities(lines: Sequence[OrderLine]) -> dict[uuid.UUID, Decimal]:
    """Return what an invoice of what was shipped would bill; services follow the last goods."""
    counting = [line for line in lines if line.counts]
    all_out = not any(line.open_to_ship for line in counting if line.is_shipped_goods)
    goods = shipped_as_parts(counting) | {line.pk for line in counting if line.is_shipped_goods}
    return {
        line.pk: line.units.shipped_to_bill if line.pk in goods else line.open_to_bill
        for line in counting
        if line.pk in goods or all_out
    }


def _quantities(
    order: Order,
    lines: Sequence[OrderLine],
    what: Invoice.What,
    chosen: Mapping[uuid.UUID, Decimal] | None,
) -> dict[uuid.UUID, Decimal]:
    if what == What.SHIPPED:
        wanted = open_quantities(lines)
    elif what == What.ALL:
        wanted = {line.pk: line.open_to_bill for line in lines if line.counts}
    else:
        wanted = _chosen(order, lines, chosen or {})
    if what == What.LINES:
        _check_parts(lines, wanted)
    wanted = {pk: quantity for pk, quantity in wanted.items() if quantity > 0}
    if not wanted:
        check_open_to_bill(order, lines)
        raise _nothing_to_invoice(order, lines, what)
    return wanted


def check_open_to_bill(order: Order, lines: Sequence[OrderLine]) -> None:
    """Refuse to invoice an order of which nothing is open."""
    if any(line.open_to_bill > 0 for line in lines if line.counts):
        return
    text = (
        gettext(
            "All of %(order)s is invoiced already, or on a draft: "
            "issue the draft, or delete it to invoice in another way."
        )
        if any(line.drafted_quantity for line in lines)
        else gettext(
            "All of %(order)s is invoiced already, or cancelled: "
            "order more with a change order, or credit an invoice to bill it again."
        )
    )
    raise NothingToInvoice(text % {"order": order})


def _nothing_to_invoice(
    order: Order, lines: Sequence[OrderLine], what: Invoice.What
) -> DomainError:
    """Make the refusal of an invoice of nothing, with what could be invoiced instead."""
    if what != What.SHIPPED:
        return needs_quantity()
    if any(line.shipped_quantity > 0 for line in lines):
        text = gettext(
            "All that is shipped of %(order)s is invoiced already: "
            "ship the rest first, or invoice all that is ordered."
        )
    else:
        text = gettext(
            "Nothing of %(order)s is shipped: ship it first, or invoice all that is ordered."
        )
    return NothingToInvoice(text % {"order": order})


def _fractions(lines: Sequence[OrderLine], rate: Decimal | None) -> dict[uuid.UUID, Decimal]:
    """Return this fraction of each line's ordered quantity, or what is left if that is less.

    Refuses a fraction of which no line has as much left.
    """
    if rate is None:
        raise MissingField(gettext("Give the percentage to invoice."), field="rate")
    check_share(rate, "rate")
    counting = [line for line in lines if line.counts and line.is_sold and line.wanted_quantity > 0]
    parts = [(line.wanted_quantity * rate).quantize(SMALLEST_QUANTITY) for line in counting]
    _refuse_above_open(counting, parts)
    return {
        line.pk: min(line.open_to_bill, part) for line, part in zip(counting, parts, strict=True)
    }


def _refuse_above_open(lines: Sequence[OrderLine], parts: Sequence[Decimal]) -> None:
    left = max((line.open_to_bill / line.wanted_quantity for line in lines), default=ZERO)
    is_above = all(
        part > line.open_to_bill + SMALLEST_QUANTITY
        for line, part in zip(lines, parts, strict=True)
    )
    if left and is_above:
        share = format_rate(round_down(left, SMALLEST_SHARE))
        raise AmountExceedsOpen(
            gettext("Only %(left)s can still be invoiced: give that at most.") % {"left": share},
            field="rate",
        )


def _chosen(
    order: Order, lines: Sequence[OrderLine], chosen: Mapping[uuid.UUID, Decimal]
) -> dict[uuid.UUID, Decimal]:
    by_pk = {line.pk: line for line in lines if line.counts and line.is_sold}
    for pk, quantity in chosen.items():
        if pk not in by_pk:
            raise UnknownLine(
                gettext("%(order)s has no such line to invoice: choose among its own lines.")
                % {"order": order},
                line=str(pk),
            )
        line = by_pk[pk]
        check_line_not_negative(quantity, line.description, str(pk))
        if quantity and line.is_billed_with_bundle:
            raise billed_with_bundle(line)
        if quantity > line.open_to_bill:
            error = exceeds_open(quantity, line.open_to_bill, str(pk))
            name_line(error, line.description)
            raise error
    return dict(chosen)


def _check_parts(lines: Sequence[OrderLine], wanted: Mapping[uuid.UUID, Decimal]) -> None:
    """Refuse chosen quantities that a product is not sold in; a percentage may make fractions."""
    for line in lines:
        if line.pk in wanted:
            check_part(line, wanted[line.pk], left=line.open_to_bill)


def _invoice_for(
    order: Order,
    what: Invoice.What,
    lines: Sequence[OrderLine],
    part: NextInvoice,
    shipment_ref: str,
) -> Invoice:
    invoice = head_of(order, what, shipment_ref=shipment_ref)
    parts = put_part(invoice, lines, part)
    invoice.save(force_insert=True)
    InvoiceLine.objects.bulk_create(parts)
    return invoice


def _price_part(
    order: Order, lines: Sequence[OrderLine], wanted: Mapping[uuid.UUID, Decimal]
) -> NextInvoice:
    ledger = read_ledger(order, lines)
    try:
        return ledger.invoice({str(pk): quantity for pk, quantity in wanted.items()})
    except (InvalidQuantity, QuantityExceedsOpen) as error:
        names = {str(line.pk): line.description for line in lines}
        name_line(error, names[error.line or ""])
        raise
