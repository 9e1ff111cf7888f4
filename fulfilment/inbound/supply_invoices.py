"""Effects of a supply-chain system's invoices and credit notes: taken in with its own figures.

One that does not fit waits as quarantined, and is tried again whenever its order changes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from common.sentences import Amount, Percentage, Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import Effect, UnknownDocument, sender, sentences
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.inbound.supply_documents import Posted, lock_posted
from fulfilment.models import Connection, Discrepancy, ExternalRef
from fulfilment.services.discrepancies import NewDiscrepancy, signed, update_discrepancies
from sales.models import Invoice, Order
from sales.pricing.errors import QuantityExceedsOpen
from sales.pricing.money import Rounding
from sales.pricing.partial import Amounts
from sales.pricing.posted_invoices import BilledLine, SumDifference, differences, figures_of
from sales.services.billing.ledgers import read_ledger
from sales.services.errors import DoesNotAddUp, UnknownLine
from sales.services.posted_invoices import (
    PostedInvoice,
    PostedLine,
    record_posted_credit_note,
    record_posted_invoice,
)

Kind = Discrepancy.Kind
INVOICE = "invoice"
SUMS = (Kind.INVOICE_TOTAL, Kind.INVOICE_TAX)
ZERO = Decimal(0)


def apply_invoice(connection: Connection, message: IncomingMessage) -> Effect:
    """Take in an invoice of theirs, issued, with their number and their cents."""
    posted = lock_posted(connection, message, "invoice")
    theirs = _read(posted, message, sign=1)
    before = _is_known(connection, message)
    _wait_for_turn(posted, theirs, ("invoiced_quantity", "credited_quantity"))
    try:
        invoice = record_posted_invoice(posted.order.pk, theirs, actor=sender(connection))
    except QuantityExceedsOpen:
        if posted.is_early:  # their snapshot that orders more may still come
            raise UnknownDocument(message.subject) from None
        raise
    return _taken_in(connection, message, posted, invoice, is_new=not before)


def apply_credit_note(connection: Connection, message: IncomingMessage) -> Effect:
    """Take in a credit note of theirs; it waits for the invoice that it credits."""
    posted = lock_posted(connection, message, "credit_note")
    theirs = _read(posted, message, sign=-1)
    document = posted.document
    credited = Invoice.objects.filter(
        number=document["credits"], origin=connection.code, order=posted.order
    ).first()
    if credited is None:
        raise UnknownDocument(document["credits"])
    before = _is_known(connection, message)
    _wait_for_turn(posted, theirs, ("credited_quantity", "invoiced_quantity"))
    note = record_posted_credit_note(
        credited.pk,
        theirs,
        actor=sender(connection),
        bill_again=document["bill_again"],
        reason=document.get("reason") or f"{connection.name} {theirs.number}"[:200],
    )
    return _taken_in(connection, message, posted, note, is_new=not before)


def compare_sums(
    order: Order, connection: Connection, record: Record, report: str
) -> list[NewDiscrepancy]:
    """Compare what they bill with the order once all is billed; one discrepancy for each sum.

    One statement for an order of which they bill nothing.
    """
    if not order.invoices.filter(origin=connection.code).exists():
        return []
    found = [
        _discrepancy(order, connection, record, each, report)
        for each in differences(read_ledger(order))
        if abs(each.theirs - each.ours) > connection.tolerance(_kind(each))
    ]
    known = Discrepancy.objects.filter(
        connection=connection, record_id=record.id, kind__in=SUMS, part=""
    )
    update_discrepancies(known, found)
    return found


def _wait_for_turn(posted: Posted, theirs: PostedInvoice, columns: tuple[str, str]) -> None:
    """Wait for the invoices that came before this one there, if it says what is billed so far.

    ``columns`` are what it adds to, and the other one.
    """
    added = {line.order_line: line.quantity for line in theirs.lines}
    counted = {"invoiced_quantity": "invoiced", "credited_quantity": "credited"}
    for key, *done in posted.order.lines.filter(pk__in=added).values_list("pk", *columns):
        posted_line = posted.lines[key][-1]
        before = (added[key], ZERO)
        for column, have, own in zip(columns, done, before, strict=True):
            if have < posted_line.get(counted[column], ZERO) - own:
                raise UnknownDocument(theirs.number)


def _is_known(connection: Connection, message: IncomingMessage) -> bool:
    return ExternalRef.objects.filter(
        connection=connection, record_type=INVOICE, external_id=message.part
    ).exists()


def _taken_in(
    connection: Connection,
    message: IncomingMessage,
    posted: Posted,
    invoice: Invoice,
    *,
    is_new: bool,
) -> Effect:
    if is_new:
        ExternalRef.objects.create(
            connection=connection,
            record_type=INVOICE,
            record_id=invoice.pk,
            external_id=message.part,
            external_number=message.part,
        )
    found = compare_sums(posted.order, connection, posted.record, message.id)
    return Effect(posted.record, is_new, sentences(each.rule for each in found))


def _read(posted: Posted, message: IncomingMessage, *, sign: int) -> PostedInvoice:
    """Read an invoice of theirs; a credit note is below zero there, and positive here.

    Raises UnknownLine for lines that the order does not have, DoesNotAddUp for other totals.
    """
    document, order = posted.document, posted.order
    _check_lines(posted, message)
    totals = {name: sign * amount for name, amount in document["totals"].items()}
    lines = {key: _summed(parts, sign) for key, parts in posted.lines.items()}
    rates = {key: parts[0]["tax_rate"] for key, parts in posted.lines.items()}
    _check_sums(message, order, lines, totals)
    figures = figures_of(
        [BilledLine(line["amount"], rates[key], line["tax"]) for key, line in lines.items()],
        totals["discount"],
        includes_tax=document["prices_include_tax"],
        currency=order.currency,
        rounding=Rounding(order.rounding),
    )
    return PostedInvoice(
        number=message.part,
        issued_on=document["posted_on"],
        due_on=document["due_on"],
        currency=document["currency"],
        lines=list(_posted_lines(lines, rates, figures)),
        freight=totals["charges"],
        total=totals["total"],
    )


def _check_lines(posted: Posted, message: IncomingMessage) -> None:
    if posted.unknown:
        raise UnknownLine(
            _(
                "%(document)s names lines that %(order)s does not have: %(lines)s.",
                document=message.part,
                order=posted.order,
                lines=", ".join(line["id"] for line in posted.unknown),
            )
        )


def _summed(parts: Sequence[Mapping[str, Any]], sign: int) -> dict[str, Decimal]:
    """Add up what an invoice says of one line of the order."""
    return {
        name: sign * sum((part[name] for part in parts), ZERO)
        for name in ("quantity", "amount", "tax")
    }


def _posted_lines(
    lines: Mapping[uuid.UUID, Mapping[str, Decimal]],
    rates: Mapping[uuid.UUID, Decimal],
    figures: list[Amounts],
) -> Iterator[PostedLine]:
    for (key, line), amounts in zip(lines.items(), figures, strict=True):
        yield PostedLine(key, line["quantity"], rates[key], amounts)


def _check_sums(
    message: IncomingMessage,
    order: Order,
    lines: Mapping[uuid.UUID, Mapping[str, Decimal]],
    totals: Mapping[str, Decimal],
) -> None:
    for of_line, of_totals in (("amount", "lines"), ("tax", "tax")):
        summed = sum((line[of_line] for line in lines.values()), ZERO)
        if summed != totals[of_totals]:
            raise DoesNotAddUp(
                _(
                    "The %(figure)s of %(document)s is %(total)s, and its lines come to %(sum)s.",
                    figure=of_totals,
                    document=message.part,
                    total=Amount(totals[of_totals], order.currency),
                    sum=Amount(summed, order.currency),
                )
            )


def _kind(difference: SumDifference) -> Discrepancy.Kind:
    return Kind.INVOICE_TAX if difference.is_tax else Kind.INVOICE_TOTAL


def _discrepancy(
    order: Order,
    connection: Connection,
    record: Record,
    difference: SumDifference,
    report: str,
) -> NewDiscrepancy:
    rate = difference.rate
    return NewDiscrepancy(
        connection.pk,
        _kind(difference),
        record,
        ours=plain(difference.ours),
        theirs=plain(difference.theirs),
        field="freight" if rate is None else f"{plain(rate * 100)} %",
        difference=signed(difference.theirs - difference.ours),
        about=str(order),
        rule=_rule(order, connection, difference),
        report=report,
    )


def _rule(order: Order, connection: Connection, difference: SumDifference) -> Sentence:
    values: dict[str, Any] = {
        "order": order,
        "system": connection.name,
        "theirs": Amount(difference.theirs, order.currency),
        "ours": Amount(difference.ours, order.currency),
    }
    if difference.rate is None:
        return _(
            "%(order)s is billed in full by %(system)s, with freight of %(theirs)s, not %(ours)s.",
            **values,
        )
    values["rate"] = Percentage(difference.rate)
    if difference.is_tax:
        return _(
            "%(order)s is billed in full by %(system)s, with tax at %(rate)s of %(theirs)s, "
            "not %(ours)s.",
            **values,
        )
    return _(
        "%(order)s is billed in full by %(system)s, with %(theirs)s net at %(rate)s, not %(ours)s.",
        **values,
    )
