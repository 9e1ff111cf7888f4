"""Invoices and credit notes that another system has issued: taken in with its number and figures.

They come in issued, count in the order's ledger as any other, and are changed and credited only by
that system.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from common.errors import IllegalTransition
from common.identifiers import uuid7
from common.rows import save_columns
from common.sentences import Amount
from common.sentences import sentence as _
from crm.actors import System
from sales.models import Invoice, InvoiceLine, Order, OrderLine, SalesEvent
from sales.models.order_units import RETURNED_SPLIT
from sales.pricing.errors import (
    CurrencyMismatch,
    InvalidAmount,
    InvalidQuantity,
    QuantityExceedsOpen,
)
from sales.pricing.money import Rounding
from sales.pricing.partial import Amounts, Portion, credit_part, next_part
from sales.pricing.posted_invoices import posted_part, with_figures
from sales.services.billing.invoice_parts import add_up, head_of, part_line
from sales.services.billing.ledgers import amounts_of, credited_portions, read_ledger
from sales.services.billing.settlement import issued_status
from sales.services.credit_notes import exceeds_left, settle_credit
from sales.services.documents.copying import copy_head
from sales.services.documents.duties import refuse_if_billed_elsewhere
from sales.services.documents.locks import lock_invoice, lock_order
from sales.services.documents.numbering import take_number
from sales.services.errors import (
    DoesNotAddUp,
    NumberTaken,
    UnknownLine,
    WithoutOrder,
    name_line,
)
from sales.services.events import record_event
from sales.services.invoices import update_billing_status
from sales.services.prices.exchange_rates import freeze_exchange_rate

ZERO = Decimal(0)
Kind = Invoice.Kind
COUNTED = ("invoiced_quantity", "credited_quantity", "closed_quantity", *RETURNED_SPLIT)


@dataclass(frozen=True, slots=True)
class PostedLine:
    """Units of an order line, billed or credited at that system's figures; all positive."""

    order_line: uuid.UUID
    quantity: Decimal
    tax_rate: Decimal
    figures: Amounts


@dataclass(frozen=True, slots=True)
class PostedInvoice:
    """An invoice or a credit note as another system has issued it; all figures are positive."""

    number: str
    issued_on: dt.date
    due_on: dt.date | None
    currency: str
    lines: Sequence[PostedLine]
    freight: Decimal
    total: Decimal


@transaction.atomic
def record_posted_invoice(order_id: uuid.UUID, theirs: PostedInvoice, *, actor: System) -> Invoice:
    """Take in an invoice that another system has issued for an order, once for its number.

    Refuses more units than are not billed yet, and figures that do not add up.
    """
    order = lock_order(order_id)
    refuse_if_billed_elsewhere(order.company, actor)
    known = _known(order, theirs, Kind.INVOICE, actor)
    if known is not None:
        return known
    if not order.is_binding:
        raise IllegalTransition(
            _(
                "%(order)s is %(status)s here: %(document)s cannot bill it.",
                order=order,
                status=order.status_word,
                document=theirs.number,
            )
        )
    lines = list(
        order.lines.select_for_update(of=("self",)).select_related("product").order_by("position")
    )
    invoice = head_of(order, Invoice.What.LINES, origin=actor.connection)
    parts = _billed_parts(invoice, order, lines, theirs)
    _issue(invoice, parts, theirs, actor)
    _count_invoiced(lines, theirs)
    update_billing_status(order, invoice, actor)
    record_event(SalesEvent.Type.INVOICE_ISSUED, invoice, actor=actor)
    return invoice


@transaction.atomic
def record_posted_credit_note(
    invoice_id: uuid.UUID, theirs: PostedInvoice, *, actor: System, bill_again: bool, reason: str
) -> Invoice:
    """Take in a credit note that another system has issued for an invoice of its own, once.

    Units beyond those of that invoice are taken from its other invoices of the order. Refuses more
    than they bill, and figures that do not add up.
    """
    invoice, order = lock_invoice(invoice_id)
    if order is None:
        raise _without_order(invoice, theirs)
    refuse_if_billed_elsewhere(order.company, actor)
    known = _known(order, theirs, Kind.CREDIT_NOTE, actor)
    if known is not None:
        return known
    note = copy_head(
        invoice,
        Invoice,
        id=uuid7(),
        kind=Kind.CREDIT_NOTE,
        what=invoice.what,
        order=order,
        credits=invoice,
        origin=actor.connection,
        bill_again=bill_again,
        reason=reason,
        discount_amount=ZERO,
        discount_rate=ZERO,
    )
    parts = _credited_parts(note, order, theirs)
    _issue(note, parts, theirs, actor)
    _count_credited_there(order, theirs, bill_again=bill_again)
    record_event(SalesEvent.Type.INVOICE_ISSUED, note, actor=actor)
    settle_credit(invoice, note, actor)
    update_billing_status(order, note, actor)
    return note


def _known(order: Order, theirs: PostedInvoice, kind: Kind, actor: System) -> Invoice | None:
    """Find what was taken in under the number; refused if that is another document's."""
    found = Invoice.objects.filter(number=theirs.number, origin=actor.connection).first()
    if found is None or (found.order_id == order.pk and found.kind == kind):
        return found
    raise NumberTaken(
        _(
            "%(document)s is taken in already, as %(kind)s of %(order)s.",
            document=theirs.number,
            kind=found.get_kind_display(),
            order=found.order or "–",
        ),
        field="number",
    )


def _billed_parts(
    invoice: Invoice, order: Order, lines: Sequence[OrderLine], theirs: PostedInvoice
) -> list[InvoiceLine]:
    by_key = {line.pk: line for line in lines if line.counts and line.is_sold}
    ledger = read_ledger(order, lines)
    parts = []
    for posted in theirs.lines:
        line = by_key.get(posted.order_line)
        if line is None:
            raise _no_line(order, theirs)
        _check_figures(line, posted)
        try:
            portion = posted_part(
                ledger.line(str(line.pk)),
                posted.quantity,
                posted.figures,
                order.currency,
                Rounding(order.rounding),
            )
        except QuantityExceedsOpen as error:
            name_line(error, line.description)
            raise
        part = part_line(invoice, line, portion.quantity, portion.amounts, order_line=line)
        part.tax_rate = posted.tax_rate
        parts.append(part)
    return parts


def _credited_parts(note: Invoice, order: Order, theirs: PostedInvoice) -> list[InvoiceLine]:
    """Credit the units on the lines of the invoice that is named, then on the latest others."""
    billed: dict[uuid.UUID, list[InvoiceLine]] = {}
    lines = InvoiceLine.objects.filter(
        invoice__order=order, invoice__origin=note.origin, invoice__kind=Kind.INVOICE
    )
    latest_first = lines.select_related("invoice", "order_line").order_by("-invoice_id", "position")
    for line in sorted(latest_first, key=lambda line: line.invoice_id != note.credits_id):
        if line.order_line_id:
            billed.setdefault(line.order_line_id, []).append(line)
    credited = credited_portions(InvoiceLine.objects.filter(credits_line__in=lines))
    parts: list[InvoiceLine] = []
    for posted in theirs.lines:
        of_line = billed.get(posted.order_line, [])
        if not of_line:
            raise _no_line(order, theirs)
        parts += _credits_of(note, posted, of_line, credited)
    for position, part in enumerate(parts, start=1):
        part.position = position
    return parts


def _credits_of(
    note: Invoice,
    posted: PostedLine,
    lines: Sequence[InvoiceLine],
    credited: Mapping[uuid.UUID, Portion],
) -> Iterable[InvoiceLine]:
    """Share the units of one order line out over the invoice lines that bill it."""
    _check_figures(lines[0], posted)
    left = {line.pk: line.quantity - credited.get(line.pk, Portion()).quantity for line in lines}
    open_now = sum(left.values(), ZERO)
    if posted.quantity > open_now:
        raise QuantityExceedsOpen(
            exceeds_left(lines[0], posted.quantity, open_now), line=str(posted.order_line)
        )
    whole, done = Portion(posted.quantity, posted.figures), Portion()
    rounding = Rounding(note.rounding)
    for line in lines:
        quantity = min(left[line.pk], posted.quantity - done.quantity)
        if quantity <= 0:
            continue
        share = next_part(whole, done, quantity, currency=note.currency, rounding=rounding)
        done += share
        ours = Portion() - credit_part(
            Portion(line.quantity, amounts_of(line)),
            credited.get(line.pk, Portion()),
            quantity,
            currency=note.currency,
            rounding=rounding,
        )
        amounts = with_figures(ours.amounts, share.amounts)
        yield part_line(
            note, line, quantity, amounts, order_line_id=line.order_line_id, credits_line=line
        )


def _no_line(order: Order, theirs: PostedInvoice) -> UnknownLine:
    return UnknownLine(
        _(
            "%(document)s names a line that %(order)s does not bill.",
            document=theirs.number,
            order=order,
        )
    )


def _without_order(invoice: Invoice, theirs: PostedInvoice) -> WithoutOrder:
    return WithoutOrder(
        _(
            "%(invoice)s bills no order: %(document)s can only credit an invoice of an order.",
            invoice=invoice,
            document=theirs.number,
        )
    )


def _check_figures(line: OrderLine | InvoiceLine, posted: PostedLine) -> None:
    if posted.quantity <= 0:
        raise InvalidQuantity(
            _("%(line)s: give a quantity above zero.", line=line.description), field="lines"
        )
    least = min(posted.figures.taxable, posted.figures.header_discount, posted.figures.tax)
    if least < 0:
        raise InvalidAmount(
            _("%(line)s: give amounts of zero or more.", line=line.description), field="lines"
        )


def _issue(
    document: Invoice, parts: Sequence[InvoiceLine], theirs: PostedInvoice, actor: System
) -> None:
    """Save a document with its lines, issued under the number that it came with."""
    add_up(document, parts, freight=theirs.freight)
    _check_sums(document, theirs)
    freeze_exchange_rate(document)
    document.save(force_insert=True)
    InvoiceLine.objects.bulk_create(parts)
    source = {"credits": str(document.credits)} if document.credits else {}
    record_event(
        SalesEvent.Type.INVOICE_DRAFTED,
        document,
        actor=actor,
        data=source or {"order": str(document.order)},
        is_first=True,
    )
    document.move_to(
        issued_status(document),
        number=take_number(document, theirs.number),
        issued_on=theirs.issued_on,
        issued_at=timezone.now(),
        due_on=theirs.due_on or theirs.issued_on,
        exchange_rate=document.exchange_rate,
        exchange_rate_on=document.exchange_rate_on,
    )


def _check_sums(document: Invoice, theirs: PostedInvoice) -> None:
    """Refuse an invoice in another currency than the order, or of another total than its lines."""
    if theirs.currency != document.currency:
        raise CurrencyMismatch(
            _(
                "%(document)s is in %(theirs)s: an invoice of %(order)s is in %(ours)s.",
                document=theirs.number,
                theirs=theirs.currency,
                order=document.order or "–",
                ours=document.currency,
            )
        )
    if theirs.freight < 0:
        raise InvalidAmount(
            _("%(document)s: give freight of zero or more.", document=theirs.number),
            field="freight",
        )
    if document.total != theirs.total:
        raise DoesNotAddUp(
            _(
                "The lines and freight of %(document)s come to %(sum)s, not to its total of "
                "%(total)s: correct it there, and send it again.",
                document=theirs.number,
                sum=Amount(document.total, document.currency),
                total=Amount(theirs.total, document.currency),
            )
        )


def _count_invoiced(lines: Iterable[OrderLine], theirs: PostedInvoice) -> None:
    billed = {posted.order_line: posted.quantity for posted in theirs.lines}
    changed = [line for line in lines if line.pk in billed]
    for line in changed:
        line.invoiced_quantity += billed[line.pk]
        line.split_returned(line.units.by_sums())
    save_columns(changed, COUNTED)


def _count_credited_there(order: Order, theirs: PostedInvoice, *, bill_again: bool) -> None:
    """Count credited units. For good, they are those that came back; none stays undelivered by it.

    So the counts follow from the sums, whatever came first.
    """
    credited = {posted.order_line: posted.quantity for posted in theirs.lines}
    lines = list(
        OrderLine.objects.select_for_update(of=("self",))
        .select_related("product")
        .filter(order=order, pk__in=credited)
        .order_by("pk")
    )
    for line in lines:
        line.credited_quantity += credited[line.pk]
        if not bill_again:
            line.closed_quantity += credited[line.pk]
        line.split_returned(line.units.by_sums())
    save_columns(lines, COUNTED)
