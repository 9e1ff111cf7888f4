"""Reports of an ERP about payments, added up: which amount counts, what was reversed of it.

The amount that was reported first counts, unless a correction replaces it. Reversals count in the
order of their sequence, each as long as so much of the payment is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.sentences import Sentence
from fulfilment.inbound.report_rules import PAID, REVERSED, amount_of, refusal_reason
from fulfilment.sync.reports import Report, effective_reports, in_order
from sales.models import Invoice
from sales.services.billing.money_rules import comparable, reference_taken

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class UncountedReversal:
    """The last report of a reversal that does not count, the one that does, and why."""

    report: Report
    counted: Report | None
    refusal: str | Sentence


@dataclass(frozen=True, slots=True)
class RemainingPayment:
    """What is left of a payment, the reversals that count, and those of more than was left."""

    amount: Decimal
    fitting: Sequence[Report]
    beyond: Sequence[tuple[Report, Decimal]]
    """Each with what was left before it."""


@dataclass(frozen=True, slots=True)
class ReportedPayment:
    """What the messages add up to about one payment.

    ``counted`` is the report whose amount counts, ``uncounted`` the last one where that is another
    amount or cannot be, and ``refusal`` says why; ``reversals`` has one for each reference, and
    ``uncounted_reversals`` the last one of a reference where that is another amount or cannot be.
    """

    counted: Report | None
    uncounted: Report | None
    refusal: str | Sentence
    reversals: Sequence[Report]
    uncounted_reversals: Sequence[UncountedReversal]

    def remaining_of(self, came: Decimal) -> RemainingPayment:
        """Take off what came whatever was reversed, in the order of the reports.

        A reversal of more than is left then does not count: so any order of arrival ends the same.
        """
        amount, fitting, beyond = came, [], []
        for report in self.reversals:
            if amount_of(report) > amount:
                beyond.append((report, amount))
            else:
                fitting.append(report)
                amount -= amount_of(report)
        return RemainingPayment(amount, fitting, beyond)


def by_reference(reports: Iterable[Report]) -> dict[str, list[Report]]:
    """Group reports by the payment that they are about, in whatever case its reference is written.

    The payment of the earliest report, by its sequence, is the first.
    """
    found: dict[str, list[Report]] = {}
    for report in in_order(reports):
        found.setdefault(comparable(report.data["payment_ref"]), []).append(report)
    return found


def add_up(invoice: Invoice, reports: Sequence[Report]) -> ReportedPayment:
    """Add the reports of one payment up, by their sequence."""
    payments = in_order(each for each in reports if each.type == PAID)
    refused = {each.id: reason for each in payments if (reason := refusal_reason(invoice, each))}
    usable = effective_reports(each for each in payments if each.id not in refused)
    counted = usable[0] if usable else None
    uncounted = payments[-1] if payments and not _is_same(payments[-1], counted) else None
    refusal = refused.get(uncounted.id, "") if uncounted else ""
    if uncounted is not None and counted is not None and not refusal:
        reference, day = counted.data["payment_ref"], counted.data["paid_on"]
        taken = reference_taken(reference, amount_of(counted), day, invoice.currency)
        refusal = taken.message
    reversals, uncounted_reversals = _reversals(invoice, reports)
    return ReportedPayment(counted, uncounted, refusal, reversals, uncounted_reversals)


def _is_same(report: Report, counted: Report | None) -> bool:
    return counted is not None and (amount_of(report), report.data["paid_on"]) == (
        amount_of(counted),
        counted.data["paid_on"],
    )


def _reversals(
    invoice: Invoice, reports: Sequence[Report]
) -> tuple[list[Report], list[UncountedReversal]]:
    """Return the reversals, each reference once: as it was reported first, or corrected.

    Beside them those whose last report is another amount, or cannot be.
    """
    counted: dict[str, Report] = {}
    latest: dict[str, Report] = {}
    for report in in_order(reports):
        if report.type == REVERSED:
            reference = report.data["reversal_ref"]
            latest[reference] = report
            if not refusal_reason(invoice, report):
                kept = counted.get(reference, report)
                counted[reference] = report if report.is_correction else kept
    uncounted = [
        UncountedReversal(last, first, refusal_reason(invoice, last) or _taken(invoice, first))
        for last, first in ((last, counted.get(name)) for name, last in latest.items())
        if first is None or amount_of(first) != amount_of(last)
    ]
    return list(counted.values()), uncounted


def _taken(invoice: Invoice, kept: Report | None) -> str | Sentence:
    """Say that a reversal is known with another amount; empty if it is not known."""
    if kept is None:
        return ""
    reference, day = kept.data["reversal_ref"], kept.data["reversed_on"]
    return reference_taken(reference, amount_of(kept), day, invoice.currency).message
