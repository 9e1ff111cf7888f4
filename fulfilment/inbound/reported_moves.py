"""What a warehouse reports about the goods of an order: shipments and returns, added up by part.

A part is one shipment or one return. What a report settles may be another part: the shipment that
a return names, or what was left of a line. So the parts that wait are merged again with each
report, and any order of arrival ends the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from common.errors import IllegalTransition
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.cloudevents import plain
from fulfilment.connectors.base import Record
from fulfilment.inbound.documents import COUNTED, as_report, counted, sender
from fulfilment.inbound.excess import OF_LINES, ReportSource, discrepancies_of
from fulfilment.inbound.schemas import IncomingMessage
from fulfilment.inbound.stored_reports import read_reports
from fulfilment.models import Connection, Discrepancy, InboundMessage, Shipment
from fulfilment.services.discrepancies import NewDiscrepancy, signed, update_discrepancies
from fulfilment.services.order_quantities import Excess
from fulfilment.services.reported_shipments import (
    Merged,
    Recorded,
    ReportedShipment,
    UnrecordedLine,
    read_recorded,
    record_report,
    what_waits,
)
from fulfilment.sync.reports import Report, effective_reports, in_order, largest, latest
from fulfilment.sync.status_order import SHIPMENT_STATUSES, furthest
from sales.models import Order

Kind = Discrepancy.Kind
SHIPMENT = "warehouse.shipment.reported"
RETURN = "warehouse.return.received"
NOT_DELIVERED = ("failed", "refused")
"""Words of a report for a shipment that did not arrive."""


class Part(NamedTuple):
    """One shipment or return, by the type of its reports and by their reference."""

    type: str
    reference: str

    @property
    def is_return(self) -> bool:
        """Whether it is a return: a shipment may have the same reference."""
        return self.type == RETURN


@dataclass(slots=True)
class Moves:
    """The merge of a message into an order, with the parts that it may settle."""

    order: Order
    connection: Connection
    record: Record
    message: IncomingMessage
    reports: dict[Part, list[Report]] = field(default_factory=dict)
    merged: dict[Part, Merged] = field(default_factory=dict)
    has_changed: bool = False
    excess: Collection[Excess] = ()
    """What does not fit of the order, after the last part that was merged."""

    @property
    def own(self) -> Part:
        """The part that the message is about."""
        return Part(self.message.type, self.message.part)

    def merge(self) -> list[NewDiscrepancy]:
        """Merge the message's part, then those that wait, until nothing moves any more.

        Returns what does not fit of any of them, and settles the discrepancies accordingly. What
        only another connection moved too much of is none of this message.
        """
        others = self._waiting()
        self._read((self.own, *others))
        self._merge(self.own)
        for _round in others:
            if not self._merge_again((*others, self.own)):
                break
        return self._update_discrepancies()

    def _merge(self, part: Part) -> bool:
        reported = added_up(part, self.reports[part])
        self.merged[part] = record_report(self.order, reported, actor=sender(self.connection))
        self.has_changed |= self.merged[part].has_changed
        self.excess = self.merged[part].excess
        return self.merged[part].has_changed

    def _merge_again(self, parts: Sequence[Part]) -> bool:
        """Merge those parts that wait of which anything fits now; returns whether any does."""
        has_moved = False
        recorded = self._recorded(parts)
        for part in parts:
            if not self.reports[part]:
                continue
            waits = self._waits(part, recorded)
            if waits is not None:
                self.merged[part] = waits
            elif self._moves(part):
                has_moved = True
                recorded = self._recorded(parts)
        return has_moved

    def _recorded(self, parts: Sequence[Part]) -> Recorded:
        """Read what is recorded of parts, and of the shipments that returns among them name."""
        references = {part.reference for part in parts}
        returns = (report for part in parts if part.is_return for report in self.reports[part])
        references |= {report.data["shipment_ref"] for report in returns}
        return read_recorded(self.order, sender(self.connection), references)

    def _waits(self, part: Part, recorded: Recorded) -> Merged | None:
        reported = added_up(part, self.reports[part])
        return what_waits(self.order, reported, actor=sender(self.connection), recorded=recorded)

    def _moves(self, part: Part) -> bool:
        """Merge a part; its own refusal is none of the message at hand."""
        try:
            return self._merge(part)
        except IllegalTransition:
            return False

    def _read(self, parts: Collection[Part]) -> None:
        """Read what was said about parts, each in order."""
        stored = counted(self.record).filter(
            connection=self.connection,
            type__in=(SHIPMENT, RETURN),
            part__in=[part.reference for part in parts],
        )
        found: dict[Part, list[Report]] = {part: [] for part in parts}
        found[self.own].append(as_report(self.message))
        for _key, report in read_reports(stored.exclude(message_id=self.message.id)):
            if (part := _part_of(report)) in found:
                found[part].append(report)
        self.reports = {part: in_order(reports) for part, reports in found.items()}

    def _waiting(self) -> list[Part]:
        """List the other parts with lines that did not fit, and returns of what has come now."""
        parts = Discrepancy.objects.filter(
            connection=self.connection,
            record_id=self.record.id,
            kind=Kind.QUANTITY,
            resolved_at__isnull=True,
        ).exclude(part="")
        stored = counted(self.record).filter(connection=self.connection)
        waiting = Q(type=SHIPMENT, part__in=parts.filter(is_return=False).values("part"))
        waiting |= Q(type=RETURN, part__in=parts.filter(is_return=True).values("part"))
        if self.own.type == SHIPMENT:
            of_it = Q(type=RETURN, body__data__shipment_ref=self.own.reference)
            waiting |= of_it & ~Q(part__in=self._linked().values("reference"))
        found = stored.filter(waiting).order_by("type", "part").values_list("type", "part")
        return [part for each in found.distinct() if (part := Part(*each)) != self.own]

    def _linked(self) -> QuerySet[Shipment]:
        """Return the returns that refer to the message's shipment already."""
        return Shipment.objects.filter(
            order=self.order,
            source=self.connection.code,
            returns__reference=self.own.reference,
            returns__source=self.connection.code,
        )

    def _update_discrepancies(self) -> list[NewDiscrepancy]:
        found = [each for part in self.merged for each in self._found(part)]
        of_parts = Discrepancy.objects.filter(
            Q(
                is_return=False,
                part__in=[each.reference for each in self.merged if not each.is_return],
            )
            | Q(
                is_return=True, part__in=[each.reference for each in self.merged if each.is_return]
            ),
            connection=self.connection,
            record_id=self.record.id,
            kind__in=(Kind.QUANTITY, Kind.STATUS, Kind.FAILED),
        ).exclude(part="")
        of_lines = Discrepancy.objects.filter(OF_LINES, record_id=self.record.id)
        excess = discrepancies_of(self.excess, self.connection, self.record, self._last_about)
        update_discrepancies(of_parts | of_lines, [*found, *(new for _excess, new in excess)])
        own = [
            new
            for each, new in excess
            if new.connection_id == self.connection.pk or self._moves_it(each)
        ]
        return [*found, *own]

    def _found(self, part: Part) -> Iterator[NewDiscrepancy]:
        reports = effective_reports(self.reports[part])
        for line in self.merged[part].unrecorded:
            yield self._unrecorded_line(part, line, reports)
        if part.type == SHIPMENT:
            yield from self._notices(part, reports)

    def _unrecorded_line(
        self, part: Part, line: UnrecordedLine, reports: Sequence[Report]
    ) -> NewDiscrepancy:
        saying_so = (each for each in reports if lines_of(each).get(line.line) == line.quantity)
        return NewDiscrepancy(
            self.connection.pk,
            Kind.QUANTITY,
            self.record,
            ours=plain(line.left),
            theirs=plain(line.quantity),
            part=part.reference,
            is_return=part.is_return,
            field=str(line.line),
            difference=signed(line.quantity - line.left),
            about=line.about or str(line.line),
            rule=line.reason,
            report=next(saying_so, reports[-1]).id,
            report_waits=True,
        )

    def _last_about(self, excess: Excess) -> ReportSource:
        """Find the last report, by its sequence, that moves the line that way.

        Of several connections that do, it is one of the connection that was set up last.
        """
        line = str(excess.line.pk)
        type_ = RETURN if excess.is_return else SHIPMENT
        stored = InboundMessage.objects.filter(
            root_id=self.record.id,
            type=type_,
            result__in=COUNTED,
            body__data__lines__contains=[{"order_line": line}],
        )
        if not excess.is_return:
            stored = stored.filter(body__data__status__in=[*Shipment.LEFT])
        last = stored.order_by("-connection_id", "-sequence", "-message_id").first()
        moves_it = self._moves_it(excess)
        if last is None or (moves_it and self._is_after(last)):
            return ReportSource(self.connection.pk, self.message.id if moves_it else "")
        return ReportSource(last.connection_id, last.message_id)

    def _moves_it(self, excess: Excess) -> bool:
        """Whether the message says that the line moves that way."""
        data = self.message.data
        if excess.line.pk not in lines_of_data(data):
            return False
        if excess.is_return:
            return self.message.type == RETURN
        return self.message.type == SHIPMENT and data["status"] in Shipment.LEFT

    def _is_after(self, other: InboundMessage) -> bool:
        """Whether the message counts as said later than another one."""
        own = (self.connection.pk, self.message.sequence, self.message.id)
        return own > (other.connection_id, other.sequence or 0, other.message_id)

    def _notices(self, part: Part, reports: Sequence[Report]) -> Iterator[NewDiscrepancy]:
        """Name what a person should know about a shipment that was recorded as reported."""
        last = reports[-1].data
        if self.order.is_on_hold and furthest_of(reports) in Shipment.LEFT:
            yield NewDiscrepancy(
                self.connection.pk,
                Kind.STATUS,
                self.record,
                ours=_("on hold"),
                theirs=f"{part.reference} {last['status']}",
                part=part.reference,
                rule=left_on_hold(self.order, part.reference),
                report=reports[-1].id,
            )
        if last["status"] in NOT_DELIVERED:
            yield NewDiscrepancy(
                self.connection.pk,
                Kind.FAILED,
                self.record,
                ours="–",
                theirs=f"{last['status']} {last['reason']}".strip(),
                part=part.reference,
                about=part.reference,
                rule=_(
                    "%(shipment)s was not delivered: what it holds is open to ship again.",
                    shipment=part.reference,
                ),
                report=reports[-1].id,
            )


def left_on_hold(order: Order, reference: str) -> Sentence:
    """Say that goods left an order that is on hold."""
    return _("%(order)s is on hold, but %(shipment)s left.", order=order, shipment=reference)


def _part_of(report: Report) -> Part:
    """Return the part that a report is about."""
    name = "return_ref" if report.type == RETURN else "shipment_ref"
    return Part(report.type, report.data[name])


def lines_of(report: Report) -> dict[uuid.UUID, Decimal]:
    """Return the totals of a report; a line that it names twice counts with both quantities."""
    return lines_of_data(report.data)


def lines_of_data(data: Mapping[str, Any]) -> dict[uuid.UUID, Decimal]:
    """Return the totals of the lines that the data of a report names."""
    lines: dict[uuid.UUID, Decimal] = {}
    for line in data["lines"]:
        lines[line["order_line"]] = lines.get(line["order_line"], Decimal(0)) + line["quantity"]
    return lines


def status_of(report: Report) -> str:
    """Return the status of a shipment that a report names."""
    status: str = report.data["status"]
    return Shipment.Status.FAILED if status in NOT_DELIVERED else status


def furthest_of(reports: Iterable[Report]) -> str:
    """Return the furthest status that effective reports of a shipment name."""
    return max((status_of(report) for report in reports), key=SHIPMENT_STATUSES.index)


def added_up(part: Part, read: Sequence[Report]) -> ReportedShipment:
    """Add up what was said about one part, which is in order."""
    reports = effective_reports(read)
    if part.is_return:
        return _return(part.reference, reports, _replaced(reports, read))
    return _shipment(part.reference, reports, _replaced(reports, read))


def _shipment(
    reference: str, reports: Sequence[Report], replaced: Collection[str]
) -> ReportedShipment:
    """Add up the effective reports of a shipment."""
    status = status_of(reports[0])
    for report in reports:
        status = furthest(SHIPMENT_STATUSES, status, status_of(report))
    shown = [report.data for report in reports if _tracking(report)]
    return ReportedShipment(
        reference=reference,
        status=status,
        lines=largest(reports, lines_of),
        carrier=shown[-1]["carrier"] if shown else "",
        tracking=shown[-1]["tracking"] if shown else "",
        parcels={
            report.data["tracking"]: report.data["carrier"]
            for report in reports
            if report.data["tracking"]
        },
        replaced=replaced,
        statuses={status_of(report) for report in reports},
        sequence=reports[-1].sequence,
        correction=_correction(reports),
    )


def _tracking(report: Report) -> str:
    return f"{report.data['carrier']}{report.data['tracking']}"


def _replaced(reports: Sequence[Report], read: Sequence[Report]) -> set[str]:
    """Return the carriers and tracking numbers of what a correction replaced."""
    earlier = read[: len(read) - len(reports)]
    named = (report.data[name] for report in earlier for name in ("carrier", "tracking"))
    return set(filter(None, named))


def _return(
    reference: str, reports: Sequence[Report], replaced: Collection[str]
) -> ReportedShipment:
    """Add up the effective reports of a return."""
    return ReportedShipment(
        reference=reference,
        direction=Shipment.Direction.RETURN,
        lines=largest(reports, lines_of),
        carrier=latest(reports, lambda report: report.data["carrier"], ""),
        tracking=latest(reports, lambda report: report.data["tracking"], ""),
        replaced=replaced,
        is_replaced=reports[-1].data["replace"],
        returns=latest(reports, lambda report: report.data["shipment_ref"], ""),
        sequence=reports[-1].sequence,
        correction=_correction(reports),
    )


def _correction(reports: Sequence[Report]) -> int | None:
    return reports[0].sequence if reports[0].is_correction else None
