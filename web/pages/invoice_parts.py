"""Parts of an issued invoice's page: the invoice of record, instalments, credit notes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext

from common.formatting import format_day, format_due, format_money
from fulfilment.models import Connection
from sales.models import Invoice
from sales.pricing.due import Due
from web.chips.documents import instalment_chip, invoice_chip
from web.pages.cards import Card, CardRow, icon_mark
from web.pages.official_numbers import giving_system
from web.pages.payments import open_amount
from web.record_urls import record_url


@dataclass(frozen=True, slots=True)
class OfficialRow:
    """One figure of ours beside the ERP's."""

    label: str
    ours: str
    theirs: str
    differs: bool = False


@dataclass(frozen=True, slots=True)
class OfficialInvoice:
    """The ERP's invoice of record beside ours."""

    note: str
    system: str
    """What the figures beside ours are called."""
    rows: Sequence[OfficialRow]


def official_invoice(invoice: Invoice) -> OfficialInvoice | None:
    """Put our figures beside those of record; None where none are known or awaited."""
    currency, system = invoice.currency, _system_of_record(invoice)
    if system is None and not invoice.official_number:
        return None
    return OfficialInvoice(
        note=_official_note(invoice, system),
        system=str(system or gettext("Of record")),
        rows=[
            OfficialRow(gettext("Number"), invoice.number or "–", invoice.official_number or "–"),
            _days(invoice.issued_on, invoice.official_issued_on),
            _amounts(gettext("Tax"), invoice.tax, invoice.official_tax, currency),
            _amounts(gettext("Total"), invoice.total, invoice.official_total, currency),
            OfficialRow(
                gettext("Status"), invoice.get_status_display(), invoice.official_status or "–"
            ),
        ],
    )


def _system_of_record(invoice: Invoice) -> Connection | None:
    """Return the system that posted an invoice, else the one that is to; one statement."""
    if not invoice.official_number:
        return giving_system(invoice)
    return Connection.objects.filter(code=invoice.official_source).exclude(code="").first()


def _official_note(invoice: Invoice, system: Connection | None) -> str:
    if system is None:
        return gettext("As it was posted, beside ours")
    if invoice.official_number:
        return gettext("As %(system)s posted it, beside ours") % {"system": system}
    return gettext("%(system)s has not posted it yet") % {"system": system}


def _days(ours: dt.date | None, theirs: dt.date | None) -> OfficialRow:
    differs = theirs is not None and ours != theirs
    return OfficialRow(gettext("Date"), format_day(ours), format_day(theirs), differs)


def _amounts(label: str, ours: Decimal, theirs: Decimal | None, currency: str) -> OfficialRow:
    """Compare an amount; that the ERP has not sent one is not a difference."""
    differs = theirs is not None and ours != theirs
    return OfficialRow(label, format_money(ours, currency), format_money(theirs, currency), differs)


def instalments_card(invoice: Invoice, today: dt.date) -> Card | None:
    """Show by when which part is due and what is left of it; nothing where it is due at once."""
    if len(invoice.dues) < 2:
        return None
    is_open = invoice.outstanding > 0
    return Card(
        title=gettext("Instalments"),
        id="instalments",
        note=gettext("Payments settle the oldest instalment first"),
        rows=[
            _instalment_row(due, left.amount if is_open else Decimal(0), invoice.currency, today)
            for due, left in zip(invoice.dues, invoice.open_dues, strict=True)
        ],
    )


def _instalment_row(due: Due, left: Decimal, currency: str, today: dt.date) -> CardRow:
    parts = (
        format_due(due.due_on, today) if left else "",
        open_amount(left, currency) if left and left != due.amount else "",
    )
    return CardRow(
        mark=icon_mark("calendar-due"),
        title=format_day(due.due_on),
        detail=" · ".join(filter(None, parts)),
        chip=instalment_chip(due, left, today),
        amount=format_money(due.amount, currency),
    )


def credit_notes_card(invoice: Invoice) -> Card | None:
    """Read the credit notes of an invoice; nothing where there are none. One statement."""
    rows = [_credit_note_row(note, invoice) for note in invoice.credit_notes.order_by("id")]
    if not rows:
        return None
    credited = format_money(invoice.credited, invoice.currency)
    return Card(
        title=gettext("Credit notes"),
        id="credit-notes",
        note=gettext("%(amount)s credited") % {"amount": credited},
        rows=rows,
    )


def _credit_note_row(note: Invoice, invoice: Invoice) -> CardRow:
    again = (
        gettext("may be invoiced again") if note.bill_again else gettext("not to be invoiced again")
    )
    parts = (note.reason, again if invoice.bills_order else "")
    return CardRow(
        mark=icon_mark("receipt-refund"),
        title=str(note),
        url=record_url(note),
        detail=" · ".join(filter(None, parts)),
        chip=invoice_chip(note),
        amount=f"−{format_money(note.total, note.currency)}",
    )
