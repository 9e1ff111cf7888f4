"""Effects of an ERP's messages about credit notes: each reference of theirs is issued once.

An issued credit note is never changed or taken back: of two reports with one reference and other
values the first to arrive is issued, and the other one is a discrepancy that names both.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from common.errors import DomainError
from common.sentences import Amount, Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.inbound.documents import Effect, rules_for, sender, sentences
from fulfilment.inbound.official_invoices import RECORD, give_free_number, update_official
from fulfilment.inbound.overpayments import find_overpayments
from fulfilment.inbound.report_rules import CREDITED, amount_of, other_currency
from fulfilment.inbound.reported_invoices import ReportedInvoice, lock_reported
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.models import Connection, Discrepancy, ExternalRef
from fulfilment.services.discrepancies import NewDiscrepancy, signed, update_discrepancies
from fulfilment.sync.reports import Report, in_order
from sales.models import AnyDocument, Invoice, InvoiceLine, SalesEvent
from sales.pricing.errors import CurrencyMismatch
from sales.services.billing.money_rules import ELSEWHERE, check_day_of, check_moved
from sales.services.credit_notes import credit_invoice
from sales.services.errors import NumberTaken
from sales.services.invoices import OfficialFigures, store_official

Kind = Discrepancy.Kind
Refusal = str | Sentence


class UnclearCredit(DomainError):
    """The credit note of an external system does not say which lines it credits."""

    code = "unclear_credit"


def apply_credit_note(connection: Connection, message: IncomingMessage) -> Effect:
    """Issue the credit note that the ERP reports, once per reference; then those that wait."""
    about = lock_reported(connection, message)
    credits_ = Credits(about, about.reports_of(connection, CREDITED))
    is_new = credits_.settle()
    found = list(credits_.found())
    kinds = Q(kind=Kind.CREDIT, connection=connection, field__in=credits_.settled)
    freed = ""
    if is_new:
        official = update_official(about)
        found += [*official.found, *find_overpayments(about)]
        kinds |= Q(kind=Kind.OVERPAID) | RECORD
        freed = official.freed
    update_discrepancies(Discrepancy.objects.filter(kinds, record_id=about.record.id), found)
    give_free_number(about.invoice, freed)
    own = [each for each in found if each.kind == Kind.CREDIT]
    waits = any(each.report == message.id and each.report_waits for each in own)
    return Effect(about.record, is_new, sentences(rules_for(message, own)), is_conflict=waits)


class Credits:
    """The credit notes that a connection reported of an invoice, by its references."""

    def __init__(self, about: ReportedInvoice, reports: Sequence[Report]) -> None:
        """Read what is issued under these references; two statements."""
        self.about = about
        self.reports: dict[str, list[Report]] = {}
        for report in in_order(reports):
            self.reports.setdefault(report.data["credit_ref"], []).append(report)
        self.issued = self._read_issued()
        self.notes: dict[str, Invoice] = {}
        """The credit notes that are issued now."""
        self.refusals: dict[str, Refusal] = {}
        self.settled = [about.message.part]
        """The references whose discrepancies are up to date now."""

    def _read_issued(self) -> set[str]:
        refs = self._refs().filter(external_id__in=self.reports)
        references = dict(refs.values_list("record_id", "external_id"))
        named = Invoice.objects.filter(pk__in=references).only("number", "kind")
        by_reference = {references[each.pk]: each for each in named}
        self.taken = {name: each for name, each in by_reference.items() if not each.is_credit_note}
        """The references that the connection gave to invoices."""
        return by_reference.keys() - self.taken

    def _refs(self) -> QuerySet[ExternalRef]:
        return ExternalRef.objects.filter(connection=self.about.connection, record_type="invoice")

    def settle(self) -> bool:
        """Issue what the message reports, then what waits; returns whether anything was issued.

        A credit note may leave what another one is about.
        """
        message = self.about.message
        own = next(each for each in self.reports[message.part] if each.id == message.id)
        if message.part in self.issued:
            return False
        if not self._issue(own) and not self._issue_last(message.part):
            return False
        for reference, reports in self.reports.items():
            if reference not in self.issued:
                self.settled.append(reference)
                if not any(map(self._issue_waiting, reports)):
                    self._issue_last(reference)
        return True

    def _issue_last(self, reference: str) -> bool:
        """Issue what the last report of a reference says, or keep why not, whichever came last."""
        last = self.reports[reference][-1]
        if last.id not in self.refusals and self._issue_waiting(last):
            return True
        self.refusals[reference] = self.refusals[last.id]
        return False

    def _issue_waiting(self, report: Report) -> bool:
        """Issue a credit note that waits, if it fits; its refusal is none of the message."""
        try:
            return self._issue(report)
        except DomainError as error:
            self.refusals[report.id] = error.message
            return False

    def _issue(self, report: Report) -> bool:
        """Issue a credit note, if it fits; what no credit note can be is refused as a message."""
        invoice, data = self.about.invoice, report.data
        with transaction.atomic():
            try:
                note = self._credit(report)
            except DomainError as error:
                self.refusals[report.id] = error.message
                return False
            check_moved(amount_of(report), invoice.currency)
            check_day_of(invoice, data["credited_on"], field="credited_on", leeway=ELSEWHERE)
            if self._is_off(note, report):
                self.refusals[report.id] = _other_amount(note, report)
                transaction.set_rollback(True)
                return False
            self._name(note, report)
        invoice.refresh_from_db()
        self.issued.add(data["credit_ref"])
        self.notes[data["credit_ref"]] = note
        return True

    def _credit(self, report: Report) -> Invoice:
        """Credit the lines that are named, or all that is left if that is the amount."""
        self._check(report)
        data = report.data
        with transaction.atomic():
            return credit_invoice(
                self.about.invoice.pk,
                actor=sender(self.about.connection),
                reason=data["reason"],
                quantities=_quantities(data) or None,
                bill_again=data["bill_again"],
            )

    def _is_off(self, note: Invoice, report: Report) -> bool:
        """Whether the amounts of a credit note differ by more than the connection tolerates."""
        tolerated = self.about.connection.tolerance(Kind.INVOICE_TOTAL)
        off: Decimal = abs(amount_of(report) - note.total)
        return off > tolerated

    def _check(self, report: Report) -> None:
        invoice, data = self.about.invoice, report.data
        money, reference = data["amount"], data["credit_ref"]
        if reference in self.taken:
            raise NumberTaken(
                _(
                    "%(credit)s is the reference of %(invoice)s in %(connection)s, "
                    "not of a credit note.",
                    credit=reference,
                    invoice=self.taken[reference],
                    connection=self.about.connection,
                )
            )
        if money["currency"] != invoice.currency:
            raise CurrencyMismatch(other_currency(invoice, money["currency"]))
        if not data["lines"] and money["amount"] != invoice.open_to_credit:
            raise UnclearCredit(
                _(
                    "%(credit)s credits a part of %(invoice)s: it must name the lines.",
                    credit=reference,
                    invoice=invoice,
                )
            )

    def _name(self, note: Invoice, report: Report) -> None:
        """Keep the number and the figures of the ERP beside those of the credit note."""
        connection, data = self.about.connection, report.data
        ExternalRef.objects.create(
            connection=connection,
            record_type="invoice",
            record_id=note.pk,
            external_id=data["credit_ref"],
            external_number=data["official_number"],
        )
        figures = OfficialFigures(
            data["official_number"],
            status="posted",
            issued_on=data["credited_on"],
            total=amount_of(report),
            ref=data["credit_ref"],
            source=connection.code,
        )
        store_official(note, figures, actor=sender(connection))

    def found(self) -> Iterator[NewDiscrepancy]:
        """Name what is not issued, and what differs from what is."""
        for reference in self.settled:
            if reference in self.issued:
                note = self.notes.get(reference) or self._read_note(reference)
                yield from self._differing(note, self.reports[reference])
            else:
                yield self._waiting(self.reports[reference][-1], self.refusals[reference])

    def _read_note(self, reference: str) -> Invoice:
        """Read a credit note that was issued before."""
        named = self._refs().filter(external_id=reference)
        return Invoice.objects.select_related("credits").get(pk__in=named.values("record_id"))

    def _waiting(self, report: Report, refusal: Refusal) -> NewDiscrepancy:
        left, amount = self.about.invoice.open_to_credit, amount_of(report)
        return self._discrepancy(report, plain(left), plain(amount), amount - left, refusal)

    def _differing(self, note: Invoice, reports: Sequence[Report]) -> Iterator[NewDiscrepancy]:
        """Name the last report that differs from what is issued, one with other values first."""
        differing = [each for each in reports if self._differs(note, each)]
        other = [each for each in differing if not _is_issued(note, each)]
        for report in [*other[-1:], *differing[-1:]][:1]:
            amount = amount_of(report)
            ours, theirs = plain(note.total), plain(amount)
            if ours == theirs:
                ours, theirs = self._with_lines(note, report)
            rule = _(
                "%(credit)s is issued as %(note)s over %(ours)s for %(invoice)s, "
                "and issued credit notes do not change: %(theirs)s is reported.",
                credit=report.data["credit_ref"],
                note=note,
                ours=Amount(note.total, note.currency),
                invoice=note.credits,
                theirs=Amount(amount, report.data["amount"]["currency"]),
            )
            waits = not _is_issued(note, report)
            yield self._discrepancy(
                report, ours, theirs, amount - note.total, rule, about=str(note), waits=waits
            )

    def _differs(self, note: Invoice, report: Report) -> bool:
        is_other = note.credits_id != self.about.invoice.pk
        named = _quantities(report.data)
        return (
            is_other
            or self._is_off(note, report)
            or (bool(named) and named != _credited(note))
            or note.bill_again != report.data["bill_again"]
        )

    def _with_lines(self, note: Invoice, report: Report) -> tuple[str, str]:
        """Write both with their lines, by position, where their amounts are the same."""
        positions = dict(self.about.invoice.lines.values_list("pk", "position"))
        ours = _written(note.total, _credited(note), positions, again=note.bill_again)
        named, again = _quantities(report.data), report.data["bill_again"]
        return ours, _written(amount_of(report), named, positions, again=again)

    def _discrepancy(
        self,
        report: Report,
        ours: str,
        theirs: str,
        difference: Decimal,
        rule: Refusal,
        *,
        about: str = "",
        waits: bool = True,
    ) -> NewDiscrepancy:
        reference = report.data["credit_ref"]
        return NewDiscrepancy(
            self.about.connection.pk,
            Kind.CREDIT,
            self.about.record,
            ours=ours,
            theirs=theirs,
            field=reference,
            difference=signed(difference),
            about=about or reference,
            rule=rule,
            report=report.id,
            report_waits=waits,
        )


def _other_amount(note: Invoice, report: Report) -> Sentence:
    """Say that the lines do not come to the amount: what is issued would stay for good."""
    return _(
        "%(credit)s is reported over %(theirs)s, its lines come to %(ours)s.",
        credit=report.data["credit_ref"],
        theirs=Amount(amount_of(report), note.currency),
        ours=Amount(note.total, note.currency),
    )


def _quantities(data: Mapping[str, Any]) -> dict[uuid.UUID, Decimal]:
    return {line["invoice_line"]: line["quantity"] for line in data["lines"]}


def _credited(note: Invoice) -> dict[uuid.UUID, Decimal]:
    """Return how much of each line a credit note credits."""
    lines = InvoiceLine.objects.filter(invoice=note, credits_line__isnull=False)
    return {each.credits_line_id: each.quantity for each in lines if each.credits_line_id}


def _is_issued(note: Invoice, report: Report) -> bool:
    """Whether a credit note is issued with the values of a report."""
    named = _quantities(report.data)
    return (
        amount_of(report) == note.official_total
        and report.data["bill_again"] == note.bill_again
        and (not named or named == _credited(note))
    )


def _written(
    amount: Decimal,
    quantities: Mapping[uuid.UUID, Decimal],
    positions: Mapping[uuid.UUID, int],
    *,
    again: bool,
) -> str:
    """Write the values of a credit note, with the names of the fields that say them."""
    lines = sorted((positions.get(key, 0), plain(value)) for key, value in quantities.items())
    parts = [f"{position} × {quantity}" for position, quantity in lines]
    parts += ["bill_again"] if again else []
    return ": ".join(filter(None, [plain(amount), ", ".join(parts)]))


def show_left_to_credit(event: SalesEvent, document: AnyDocument) -> None:
    """Show what is left to credit now where a credit note waits, whoever has credited the rest."""
    if event.type != SalesEvent.Type.INVOICE_CREDITED or not isinstance(document, Invoice):
        return
    left = document.open_to_credit
    waiting = Discrepancy.objects.filter(
        kind=Kind.CREDIT, record_id=document.pk, about=F("field"), resolved_at__isnull=True
    )
    rows = list(waiting.exclude(ours=plain(left)))
    for each in rows:
        each.ours = plain(left)
        each.difference = signed(Decimal(each.theirs) - left)
    Discrepancy.objects.bulk_update(rows, ["ours", "difference"])
