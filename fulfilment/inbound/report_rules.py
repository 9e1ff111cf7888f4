"""Rules of an ERP's single report about an invoice: what cannot be is refused as a whole.

A report that is refused moves nothing: neither its number nor its figures count.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.sync.reports import Report
from sales.models import Invoice
from sales.services.billing.money_rules import ELSEWHERE, check_day_of, check_moved

POSTED = "erp.invoice.posted"
PAID = "erp.invoice.paid"
REVERSED = "erp.payment.reversed"
CREDITED = "erp.invoice.credited"
PLAUSIBLE = dt.timedelta(days=366)
"""How far the day of the invoice of record may be from that of the invoice."""


def amount_of(report: Report) -> Decimal:
    """Return the amount that a report names."""
    amount: Decimal = report.data["amount"]["amount"]
    return amount


def foreign(report: Report, invoice: Invoice) -> str:
    """Return the currency of a report's figures if it is not that of the invoice."""
    figures = (report.data[name] for name in ("tax", "total", "amount") if name in report.data)
    named: list[str] = [figure["currency"] for figure in figures]
    return next((currency for currency in named if currency != invoice.currency), "")


def other_currency(invoice: Invoice, theirs: str) -> Sentence:
    """Say that a system reports an invoice in another currency than it is in."""
    return _(
        "%(invoice)s is in %(ours)s: report it in that, not in %(theirs)s.",
        invoice=invoice,
        ours=invoice.currency,
        theirs=theirs,
    )


def is_plausible(invoice: Invoice, day: dt.date) -> bool:
    """Whether the invoice of record may be of that day."""
    return invoice.issued_on is not None and abs(day - invoice.issued_on) <= PLAUSIBLE


def refusal_reason(invoice: Invoice, report: Report) -> str | Sentence:
    """Say why a report cannot be: its currency, its day or its amount; empty if it can."""
    if currency := foreign(report, invoice):
        return other_currency(invoice, currency)
    if report.type == POSTED:
        return _no_day_reason(invoice, report.data["issued_on"])
    day = report.data.get("paid_on") or report.data["reversed_on"]
    try:
        check_moved(amount_of(report), invoice.currency)
        check_day_of(invoice, day, field="received_on", leeway=ELSEWHERE)
    except DomainError as error:
        return error.message
    return ""


def _no_day_reason(invoice: Invoice, day: dt.date) -> str | Sentence:
    if is_plausible(invoice, day):
        return ""
    return _(
        "%(invoice)s is of %(ours)s, not of %(theirs)s: the days are more than a year apart.",
        invoice=invoice,
        ours=str(invoice.issued_on or ""),
        theirs=str(day),
    )
