"""Invoices of orders: which quantities, and exactly which cents of the order."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext

from common.errors import DomainError, IllegalTransition, MissingField
from common.formatting import format_quantity
from common.identifiers import uuid7
from common.rows import save_columns
from crm.actors import Actor
from sales.models import (
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    PaymentTerms,
    SalesEvent,
)
from sales.pricing.errors import InvalidQuantity, InvalidRate, QuantityExceedsOpen
from sales.pricing.money import Rounding
from sales.pricing.partial import Amounts, Portion, freight_part, next_part
from sales.pricing.quantities import SMALLEST_QUANTITY
from sales.services.billing.down_payments import (
    deductions,
    invoice_down_payment,
    refuse_overdrawn,
    tax_groups,
)
from sales.services.documents.copying import carried_from, copy_head
from sales.services.errors import NotDraft, NothingToInvoice, UnknownLine, name_line
from sales.services.events import record_event
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
    order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
    if not order.is_binding:
        raise IllegalTransition(
            gettext("%(order)s is %(status)s: it cannot be invoiced.")
            % {"order": order, "status": order.get_status_display()}
        )
    lines = list(
        order.lines.select_for_update(of=("self",)).select_related("product").order_by("position")
    )
    if what == What.PERCENTAGE:
        quantities = _fractions(lines, rate)
    wanted = _quantities(order, lines, What(what), quantities)
    invoice = _invoice_for(order, What(what), lines, wanted, actor, shipment_ref)
    for line in lines:
        line.drafted_quantity += wanted.get(line.pk, ZERO)
    save_columns(lines, ["drafted_quantity"])
    record_event(
        SalesEvent.Type.INVOICE_DRAFTED,
        invoice,
        actor=actor,
        data={"order": str(order)},
        is_first=True,
    )
    return invoice


@transaction.atomic
def delete_draft_invoice(invoice_id: uuid.UUID, *, actor: Actor) -> None:
    """Delete a draft: what it would have billed may be billed again, and no number is used up."""
    invoice = Invoice.objects.get(pk=invoice_id)
    if invoice.order_id is not None:
        Order.objects.select_for_update(of=("self",)).get(pk=invoice.order_id)
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_id)
    if not invoice.is_draft:
        raise NotDraft(
            gettext("%(invoice)s is issued and cannot be deleted: make a credit note instead.")
            % {"invoice": invoice}
        )
    billed = dict(
        invoice.lines.filter(order_line__isnull=False).values_list("order_line", "quantity")
    )
    order_lines = list(OrderLine.objects.select_for_update().filter(pk__in=billed))
    for line in order_lines:
        line.drafted_quantity -= billed[line.pk]
    save_columns(order_lines, ["drafted_quantity"])
    record_event(SalesEvent.Type.INVOICE_DRAFT_DELETED, invoice, actor=actor)
    invoice.delete()
    if invoice.order is not None:
        refuse_overdrawn(invoice.order)


def bill_by_terms(
    order: Order,
    moment: PaymentTerms.InvoiceWhen,
    *,
    actor: Actor,
    shipment_ref: str = "",
) -> Invoice | None:
    """Invoice and issue what the payment terms want billed at this moment, if anything.

    What cannot be issued stays a draft for a person to look at.
    """
    terms = order.payment_terms
    if terms is None:
        return None
    if moment == PaymentTerms.InvoiceWhen.PLACED and terms.deposit_rate:
        deposit = invoice_down_payment(order.pk, actor=actor, rate=terms.deposit_rate)
        return _issue_if_possible(deposit, actor)
    if terms.invoice_when != moment:
        return None
    what = What.SHIPPED if moment == PaymentTerms.InvoiceWhen.PER_SHIPMENT else What.ALL
    try:
        with transaction.atomic():
            invoice = invoice_order(order.pk, actor=actor, what=what, shipment_ref=shipment_ref)
    except NothingToInvoice:
        return None
    return _issue_if_possible(invoice, actor)


def _issue_if_possible(invoice: Invoice, actor: Actor) -> Invoice:
    try:
        with transaction.atomic():
            return issue_invoice(invoice.pk, actor=actor)
    except DomainError:
        return invoice


def open_quantities(order: Order, lines: Sequence[OrderLine]) -> dict[uuid.UUID, Decimal]:
    """Return what an invoice of what was shipped would bill; services follow the last goods."""
    goods = [line for line in lines if line.counts and line.is_shipped_goods]
    all_out = all(line.open_to_ship == 0 for line in goods)
    return {
        line.pk: line.shipped_to_bill if line.is_shipped_goods else line.open_to_bill
        for line in lines
        if line.counts and (line.is_shipped_goods or all_out)
    }


def _quantities(
    order: Order,
    lines: Sequence[OrderLine],
    what: Invoice.What,
    chosen: Mapping[uuid.UUID, Decimal] | None,
) -> dict[uuid.UUID, Decimal]:
    if what == What.SHIPPED:
        wanted = open_quantities(order, lines)
    elif what == What.ALL:
        wanted = {line.pk: line.open_to_bill for line in lines if line.counts}
    else:
        wanted = _chosen(order, lines, chosen or {})
    wanted = {pk: quantity for pk, quantity in wanted.items() if quantity > 0}
    if not wanted and what == What.SHIPPED:
        raise NothingToInvoice(
            gettext("%(order)s has nothing to invoice: what is shipped is billed already.")
            % {"order": order}
        )
    if not wanted:
        raise NothingToInvoice(gettext("%(order)s has nothing left to invoice.") % {"order": order})
    return wanted


def _fractions(lines: Sequence[OrderLine], rate: Decimal | None) -> dict[uuid.UUID, Decimal]:
    """Return this fraction of each line's ordered quantity, or what is left if that is less."""
    if rate is None:
        raise MissingField(gettext("Give the percentage to invoice."), field="rate")
    if not 0 < rate <= 1:
        raise InvalidRate(gettext("Give a percentage above 0 and up to 100."), field="rate")
    return {
        line.pk: min(line.open_to_bill, (line.wanted_quantity * rate).quantize(SMALLEST_QUANTITY))
        for line in lines
        if line.counts
    }


def _chosen(
    order: Order, lines: Sequence[OrderLine], chosen: Mapping[uuid.UUID, Decimal]
) -> dict[uuid.UUID, Decimal]:
    by_pk = {line.pk: line for line in lines if line.counts}
    for pk, quantity in chosen.items():
        if pk not in by_pk:
            raise UnknownLine(
                gettext("%(order)s has no such line to invoice.") % {"order": order}, line=str(pk)
            )
        line = by_pk[pk]
        if quantity < 0:
            raise InvalidQuantity(
                gettext("%(line)s: a quantity cannot be negative.") % {"line": line.description},
                line=str(pk),
            )
        if quantity > line.open_to_bill:
            raise QuantityExceedsOpen(
                gettext("%(line)s: %(quantity)s asked for, %(open)s open to invoice.")
                % {
                    "line": line.description,
                    "quantity": format_quantity(quantity),
                    "open": format_quantity(line.open_to_bill),
                },
                line=str(pk),
            )
    return dict(chosen)


def _invoice_for(
    order: Order,
    what: Invoice.What,
    lines: Sequence[OrderLine],
    wanted: Mapping[uuid.UUID, Decimal],
    actor: Actor,
    shipment_ref: str,
) -> Invoice:
    billed = billed_so_far(order)
    invoice = copy_head(
        order,
        Invoice,
        order=order,
        what=what,
        shipment_ref=shipment_ref,
        discount_amount=ZERO,
        discount_rate=ZERO,
    )
    invoice.id = uuid7()
    parts = [
        _invoice_line(invoice, line, billed.get(line.pk, Portion()), wanted[line.pk])
        for line in lines
        if line.pk in wanted
    ]
    freight = _freight(order, lines, billed, parts)
    taken_off = _deductions(invoice, order, lines, billed, parts)
    add_up(invoice, [*parts, *taken_off], freight=freight)
    invoice.save(force_insert=True)
    InvoiceLine.objects.bulk_create([*parts, *taken_off])
    return invoice


def _deductions(
    invoice: Invoice,
    order: Order,
    lines: Sequence[OrderLine],
    billed: Mapping[uuid.UUID, Portion],
    parts: Sequence[InvoiceLine],
) -> list[InvoiceLine]:
    before: dict[Decimal, Decimal] = {}
    now: dict[Decimal, Decimal] = {}
    for line in lines:
        if line.tax_rate is not None and line.pk in billed:
            taxable = billed[line.pk].amounts.taxable
            before[line.tax_rate] = before.get(line.tax_rate, ZERO) + taxable
    for part in parts:
        if part.tax_rate is not None:
            now[part.tax_rate] = now.get(part.tax_rate, ZERO) + amounts_of(part).taxable
    return deductions(
        invoice,
        order,
        billed_before=before,
        billed_now=now,
        ordered={group.rate: group.taxable for group in tax_groups(lines)},
        first_position=max(part.position for part in parts) + 1,
    )


def billed_so_far(order: Order) -> dict[uuid.UUID, Portion]:
    """Sum each order line on invoices and drafts, less credits that bill again."""
    counted = Q(invoice__kind=Invoice.Kind.INVOICE) | Q(invoice__bill_again=True)
    rows = (
        InvoiceLine.objects.filter(counted, order_line__order=order)
        .values("order_line", "invoice__kind")
        .annotate(
            q=Sum("quantity"),
            n=Sum("net"),
            h=Sum("header_discount"),
            d=Sum("discount"),
            t=Sum("tax"),
        )
        .order_by()
    )
    billed: dict[uuid.UUID, Portion] = {}
    for row in rows:
        portion = Portion(row["q"], Amounts(row["n"] - row["h"], row["h"], row["d"], row["t"]))
        if row["invoice__kind"] == Invoice.Kind.CREDIT_NOTE:
            portion = Portion() - portion
        billed[row["order_line"]] = billed.get(row["order_line"], Portion()) + portion
    return billed


def amounts_of(line: OrderLine | InvoiceLine) -> Amounts:
    """Return the stored figures of a line."""
    return Amounts(line.net - line.header_discount, line.header_discount, line.discount, line.tax)


def put_amounts(line: InvoiceLine, amounts: Amounts) -> None:
    """Store figures on an invoice line."""
    line.base, line.discount, line.net = amounts.base, amounts.discount, amounts.net
    line.header_discount, line.tax, line.gross = (
        amounts.header_discount,
        amounts.tax,
        amounts.gross,
    )


def _invoice_line(
    invoice: Invoice, line: OrderLine, billed: Portion, quantity: Decimal
) -> InvoiceLine:
    try:
        part = next_part(
            Portion(line.quantity, amounts_of(line)),
            billed,
            quantity,
            currency=invoice.currency,
            rounding=Rounding(invoice.rounding),
            line=str(line.pk),
        )
    except (InvalidQuantity, QuantityExceedsOpen) as error:
        name_line(error, line.description)
        raise
    return part_line(invoice, line, quantity, part.amounts, order_line=line)


def part_line(
    invoice: Invoice,
    line: OrderLine | InvoiceLine,
    quantity: Decimal,
    amounts: Amounts,
    **references: OrderLine | InvoiceLine | uuid.UUID | None,
) -> InvoiceLine:
    """Make the line that bills or credits so many units of another line at these figures."""
    carried = carried_from(line) | {
        "quantity": quantity,
        "discount_amount": None,
        "discount_rate": None,
    }
    part = InvoiceLine(id=uuid7(), invoice=invoice, **references, **carried)
    put_amounts(part, amounts)
    return part


def _freight(
    order: Order,
    lines: Sequence[OrderLine],
    billed: Mapping[uuid.UUID, Portion],
    parts: Sequence[InvoiceLine],
) -> Decimal:
    if not order.freight:
        return ZERO
    kind = Invoice.Kind
    carried = order.invoices.filter(Q(kind=kind.INVOICE) | Q(bill_again=True)).aggregate(
        on_invoices=Sum("freight", filter=Q(kind=kind.INVOICE), default=ZERO),
        on_credits=Sum("freight", filter=Q(kind=kind.CREDIT_NOTE), default=ZERO),
    )
    before = sum((portion.amounts.taxable for portion in billed.values()), ZERO)
    return freight_part(
        order.freight,
        carried["on_invoices"] - carried["on_credits"],
        billed=before + sum((amounts_of(part).taxable for part in parts), ZERO),
        ordered=sum((amounts_of(line).taxable for line in lines), ZERO),
        currency=order.currency,
        rounding=Rounding(order.rounding),
    )


def add_up(invoice: Invoice, parts: Sequence[InvoiceLine], *, freight: Decimal) -> None:
    """Put the sums of an invoice's lines on its head."""
    invoice.detail = sum((part.net for part in parts), ZERO)
    invoice.discount = sum((part.header_discount for part in parts), ZERO)
    invoice.tax = sum((part.tax for part in parts), ZERO)
    invoice.freight = freight
    invoice.total = invoice.detail - invoice.discount + freight + invoice.tax
