"""Credit notes: credit an issued invoice in full or in part."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from common.errors import IllegalTransition, MissingField
from common.identifiers import uuid7
from common.rows import save_columns
from common.sentences import Amount, Sentence
from common.sentences import sentence as _
from crm.actors import Actor
from sales.models import Invoice, InvoiceLine, OrderLine, SalesEvent
from sales.models.order_units import RETURNED_SPLIT
from sales.pricing.advances import TaxAmount
from sales.pricing.errors import (
    AmountExceedsOpen,
    InvalidAmount,
    InvalidQuantity,
    QuantityExceedsOpen,
)
from sales.pricing.money import Rounding
from sales.pricing.partial import Portion, credit_part, freight_part
from sales.pricing.quantities import needs_quantity
from sales.services.billing.bundle_units import credit_parts_along, units_of_a_set
from sales.services.billing.down_payments import keep_deducted
from sales.services.billing.early_payment import read_earned
from sales.services.billing.invoice_parts import add_up, part_line
from sales.services.billing.ledgers import amounts_of, credited_portions
from sales.services.billing.part_quantities import check_part
from sales.services.billing.settlement import balance_entries, settle
from sales.services.documents.copying import copy_head
from sales.services.documents.duties import (
    refuse_if_billed_elsewhere,
    refuse_if_issued_elsewhere,
)
from sales.services.documents.locks import lock_invoice
from sales.services.errors import NothingToCredit, UnknownLine, name_line
from sales.services.events import record_event
from sales.services.invoices import issue_invoice, update_billing_status

ZERO = Decimal(0)

CREDITED_COLUMNS = (
    "credited_quantity", "closed_quantity", "closed_unshipped_quantity", *RETURNED_SPLIT,
)  # fmt: skip


@transaction.atomic
def credit_invoice(
    invoice_id: uuid.UUID,
    *,
    actor: Actor,
    reason: str,
    quantities: Mapping[uuid.UUID, Decimal] | None = None,
    bill_again: bool = True,
) -> Invoice:
    """Issue a credit note for all that is not credited yet, or for chosen quantities per line.

    `bill_again` says whether what is credited may be invoiced once more. Crediting all of an
    invoice, at once or in pieces, gives back exactly what it asked for.
    """
    invoice, order = lock_invoice(invoice_id)
    _check(invoice, reason)
    if order is not None:
        refuse_if_billed_elsewhere(order.company, actor)
    refuse_if_issued_elsewhere(invoice, actor)
    lines = _read_lines(invoice)
    credited = _credited_so_far(invoice)
    wanted = _wanted(invoice, lines, credited, quantities)
    note, parts = _credit_note(
        invoice, lines, credited, wanted, bill_again=bill_again, reason=reason.strip()
    )
    note.save(force_insert=True)
    InvoiceLine.objects.bulk_create(parts)
    record_event(
        SalesEvent.Type.INVOICE_DRAFTED,
        note,
        actor=actor,
        data={"credits": str(invoice)},
        is_first=True,
    )
    if order is not None:
        _count_credited(lines, wanted, bill_again)
    note = issue_invoice(note.pk, actor=actor)
    settle_credit(invoice, note, actor)
    if order is not None:
        update_billing_status(order, note, actor)
    return note


@dataclass(frozen=True, slots=True)
class CreditPreview:
    """What a credit note would credit: its lines and its head, neither of them stored."""

    note: Invoice
    parts: Sequence[InvoiceLine]


def preview_credit(
    invoice: Invoice, quantities: Mapping[uuid.UUID, Decimal] | None = None
) -> CreditPreview:
    """Price the credit of all that can be credited, or of chosen quantities; nothing is stored.

    Refuses what ``credit_invoice`` refuses.
    """
    check_creditable(invoice)
    lines = _read_lines(invoice)
    credited = _credited_so_far(invoice)
    wanted = _wanted(invoice, lines, credited, quantities)
    return CreditPreview(*_credit_note(invoice, lines, credited, wanted))


def quantities_to_credit(invoice: Invoice) -> dict[uuid.UUID, Decimal]:
    """Return how much of each line can be credited: of a down payment, what nothing deducts yet.

    Refuses what ``credit_invoice`` refuses.
    """
    parts = preview_credit(invoice).parts
    return {part.credits_line_id: part.quantity for part in parts if part.credits_line_id}


def _read_lines(invoice: Invoice) -> list[InvoiceLine]:
    """Read the lines, with what decides in what quantities they are sold."""
    lines = invoice.lines.select_related("product", "price_list_item", "order_line__bundle_line")
    return list(lines.order_by("position", "id"))


def settle_credit(invoice: Invoice, note: Invoice, actor: Actor) -> None:
    """Settle an invoice by a credit note that was issued for it."""
    before = read_earned(invoice, without=note)
    invoice.credited += note.total
    balance_entries(invoice, before, on=invoice.company.today(), actor=actor, reason=str(note))
    settle(invoice)
    record_event(
        SalesEvent.Type.INVOICE_CREDITED, invoice, actor=actor, data={"credit_note": str(note)}
    )


def _check(invoice: Invoice, reason: str) -> None:
    check_creditable(invoice)
    if not reason.strip():
        raise MissingField(_("Give the reason for the credit note."), field="reason")


def check_creditable(invoice: Invoice) -> None:
    """Refuse to credit a draft, and a credit note."""
    if not invoice.is_asked_for:
        raise IllegalTransition(
            _(
                "%(invoice)s is not an issued invoice, and only those are credited: "
                "delete it if it is a draft, or choose another invoice.",
                invoice=invoice,
            )
        )


def _check_amount(invoice: Invoice, note: Invoice, parts: Sequence[InvoiceLine]) -> None:
    """Refuse choices whose deductions make them too much, or less than zero."""
    left = invoice.open_to_credit
    if not 0 <= note.total <= left or any(each < 0 for each in _by_rate(note, parts)):
        refusal = AmountExceedsOpen if note.total > left else InvalidAmount
        raise refusal(
            _(
                "These lines come to %(total)s, and %(left)s of %(invoice)s can be credited: "
                "credit a deducted down payment, trade-in or rebate together with the lines it was "
                "deducted from.",
                total=Amount(note.total, invoice.currency),
                left=Amount(left, invoice.currency),
                invoice=invoice,
            ),
            field="quantities",
        )


def _by_rate(note: Invoice, parts: Sequence[InvoiceLine]) -> Iterator[Decimal]:
    """Return net and tax at each rate of a credit note, and under None what it says of freight."""
    sums: defaultdict[Decimal | None, TaxAmount] = defaultdict(TaxAmount)
    sums[None] = TaxAmount(note.freight)
    for line in parts:
        sums[line.tax_rate] += TaxAmount.of(amounts_of(line))
    for amount in sums.values():
        yield from (amount.taxable, amount.tax)


def _credited_so_far(invoice: Invoice) -> dict[uuid.UUID, Portion]:
    lines = InvoiceLine.objects.filter(invoice__credits=invoice, credits_line__isnull=False)
    return credited_portions(lines)


def left_to_credit(invoice: Invoice, lines: Sequence[InvoiceLine]) -> dict[uuid.UUID, Decimal]:
    """Return how much of each line that counts is not credited yet."""
    return _left(lines, _credited_so_far(invoice))


def _left(
    lines: Sequence[InvoiceLine], credited: Mapping[uuid.UUID, Portion]
) -> dict[uuid.UUID, Decimal]:
    return {
        line.pk: line.quantity - credited.get(line.pk, Portion()).quantity
        for line in lines
        if line.counts
    }


def _wanted(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    credited: Mapping[uuid.UUID, Portion],
    chosen: Mapping[uuid.UUID, Decimal] | None,
) -> dict[uuid.UUID, Decimal]:
    left = _left(lines, credited)
    if chosen is None:
        wanted = left
    else:
        for pk in chosen:
            if pk not in left:
                raise UnknownLine(
                    _(
                        "%(invoice)s has no such line to credit: choose among its own lines.",
                        invoice=invoice,
                    ),
                    line=str(pk),
                )
        _check_parts(lines, chosen, left)
        wanted = credit_parts_along(
            lines, {pk: each.quantity for pk, each in credited.items()}, left, chosen
        )
    wanted = {pk: quantity for pk, quantity in wanted.items() if quantity}
    if not wanted:
        if any(left.values()):
            raise needs_quantity()
        raise nothing_to_credit(invoice)
    return wanted


def nothing_to_credit(invoice: Invoice) -> NothingToCredit:
    """Make the refusal to credit what is credited."""
    return NothingToCredit(
        _(
            "All of %(invoice)s is credited already: there is nothing left to credit.",
            invoice=invoice,
        )
    )


def _check_parts(
    lines: Sequence[InvoiceLine],
    chosen: Mapping[uuid.UUID, Decimal],
    left: Mapping[uuid.UUID, Decimal],
) -> None:
    """Refuse chosen quantities that a product is not sold in, unless they are all that is left."""
    for line in lines:
        quantity = chosen.get(line.pk)
        if not quantity:
            continue
        if not left[line.pk]:
            raise QuantityExceedsOpen(exceeds_left(line, quantity, ZERO), line=str(line.pk))
        check_part(line, quantity, left=left[line.pk])


def _credit_note(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    credited: Mapping[uuid.UUID, Portion],
    wanted: Mapping[uuid.UUID, Decimal],
    **terms: str | bool,
) -> tuple[Invoice, list[InvoiceLine]]:
    """Make the unsaved head and lines of a credit note, on these terms."""
    note = copy_head(
        invoice,
        Invoice,
        id=uuid7(),
        kind=Invoice.Kind.CREDIT_NOTE,
        what=invoice.what,
        order=invoice.order,
        credits=invoice,
        discount_amount=ZERO,
        discount_rate=ZERO,
        **terms,
    )
    parts = [
        _credit_line(note, line, credited.get(line.pk, Portion()), wanted[line.pk])
        for line in lines
        if line.pk in wanted
    ]
    if invoice.asks_ahead and invoice.order is not None:
        parts = keep_deducted(invoice.order, parts)
    add_up(note, parts, freight=_freight(invoice, lines, credited, parts))
    _check_amount(invoice, note, parts)
    return note, parts


def _credit_line(
    note: Invoice, line: InvoiceLine, credited: Portion, quantity: Decimal
) -> InvoiceLine:
    try:
        part = Portion() - credit_part(
            Portion(line.quantity, amounts_of(line)),
            credited,
            quantity,
            currency=note.currency,
            rounding=Rounding(note.rounding),
            line=str(line.pk),
        )
    except InvalidQuantity as error:
        name_line(error, line.description)
        raise
    except QuantityExceedsOpen as error:
        error.message = exceeds_left(line, quantity, line.quantity - credited.quantity)
        raise
    return part_line(
        note,
        line,
        quantity,
        part.amounts,
        order_line_id=line.order_line_id,
        credits_line=line,
    )


def exceeds_left(line: InvoiceLine, quantity: Decimal, left: Decimal) -> Sentence:
    """Say that fewer units of a line can be credited."""
    return _(
        "%(line)s: %(quantity)s cannot be credited, only %(left)s are left: enter that at most.",
        line=line.description,
        quantity=quantity,
        left=left,
    )


def _freight(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    credited: Mapping[uuid.UUID, Portion],
    parts: Sequence[InvoiceLine],
) -> Decimal:
    if not invoice.freight:
        return ZERO
    already = invoice.credit_notes.aggregate(sum=Sum("freight", default=ZERO))["sum"]
    sold = [line for line in lines if line.counts and line.is_sold]
    before = (credited.get(line.pk, Portion()).amounts.taxable for line in sold)
    now = (amounts_of(part).taxable for part in parts if part.is_sold)
    return freight_part(
        invoice.freight,
        already,
        billed=sum(before, ZERO) + sum(now, ZERO),
        ordered=sum((amounts_of(line).taxable for line in sold), ZERO),
        currency=invoice.currency,
        rounding=Rounding(invoice.rounding),
    )


def _count_credited(
    lines: Sequence[InvoiceLine], wanted: Mapping[uuid.UUID, Decimal], bill_again: bool
) -> None:
    """Count the units as credited, and as closed where they are not to be billed again."""
    back: dict[uuid.UUID, Decimal] = {}
    for line in lines:
        if line.order_line_id and line.bills_units and line.pk in wanted:
            back[line.order_line_id] = back.get(line.order_line_id, ZERO) + wanted[line.pk]
    order_lines = list(
        OrderLine.objects.select_for_update(of=("self",))
        .select_related("product", "bundle_line")
        .filter(pk__in=back)
        .order_by("pk")
    )
    for order_line in order_lines:
        quantity, units = back[order_line.pk], order_line.units
        after = (
            units.credited_again(quantity)
            if bill_again
            else units.credited_for_good(quantity, whole=units_of_a_set(order_line))
        )
        order_line.credited_quantity += quantity
        order_line.closed_quantity = after.closed
        order_line.closed_unshipped_quantity = after.closed_unshipped
        order_line.split_returned(after)
    save_columns(order_lines, CREDITED_COLUMNS)
