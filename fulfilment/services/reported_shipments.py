"""Shipments and returns as an external system reports them: what fits is recorded.

What the reports add up to is worked out by the caller; here it is merged into the shipment, which
only grows unless the reports start from a correction that it does not know yet.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils import timezone

from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from crm.actors import System
from fulfilment.models import Parcel, Shipment, ShipmentLine
from fulfilment.services.order_quantities import (
    Excess,
    read_lines,
    read_quantities,
    update_progress,
)
from fulfilment.services.shipments import lines_to_ship, recorder_of, sold_of
from fulfilment.sync.status_order import SHIPMENT_STATUSES, furthest
from sales.models import Order, OrderLine
from sales.services.billing.part_quantities import check_part
from sales.services.documents.duties import refuse_if_shipped_elsewhere
from sales.services.events import no_echo

Direction = Shipment.Direction
Status = Shipment.Status
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ReportedShipment:
    """What all reports about one shipment or return add up to; quantities are its totals.

    ``correction`` is the sequence of the correction that they start from, if they do.
    """

    reference: str
    lines: Mapping[uuid.UUID, Decimal]
    status: str = Status.DELIVERED
    direction: str = Direction.OUT
    carrier: str = ""
    tracking: str = ""
    parcels: Mapping[str, str] = field(default_factory=dict)
    """Every tracking number that is reported, with its carrier."""
    replaced: Collection[str] = ()
    """The carriers and tracking numbers of reports that a correction replaced."""
    statuses: Collection[str] = ()
    """Every status that is reported, the furthest one too."""
    is_replaced: bool = False
    returns: str = ""
    """The reference of the shipment that came back."""
    sequence: int = 0
    correction: int | None = None
    is_posted: bool = False
    """Whether it left or came back for certain, in whatever parts of a unit."""


@dataclass(frozen=True, slots=True)
class UnrecordedLine:
    """A reported line that cannot be recorded, and why; ``left`` is how much would be possible."""

    line: uuid.UUID
    quantity: Decimal
    left: Decimal
    reason: str | Sentence
    about: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of a report; there is no shipment if nothing of it fits."""

    shipment: Shipment | None
    has_changed: bool
    unrecorded: Collection[UnrecordedLine]
    excess: Collection[Excess]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded of an order: its lines, and shipments and returns of a connection.

    These are by direction and reference: a return may have the reference of a shipment.
    """

    lines: Mapping[uuid.UUID, OrderLine]
    shipments: Mapping[tuple[str, str], Shipment]


@dataclass(slots=True)
class Merge:
    """The merge of a report into the shipment that it is about; the order is locked."""

    order: Order
    report: ReportedShipment
    actor: System

    def run(self) -> Merged:
        """Merge the lines that fit, the status and the parcels."""
        shipment, returned = self._find()
        if shipment is None:
            refuse_if_shipped_elsewhere(self.order.company, self.actor)
        lines = read_lines(self.order)
        held = {each.order_line_id: each for each in shipment.lines.all()} if shipment else {}
        is_exact = self._corrects(shipment)
        wanted, unrecorded = self._fitting(sold_of(lines), held, is_exact=is_exact)
        if shipment is None and unrecorded and not wanted:
            excess = read_quantities(self.order, lines).excess
            return Merged(None, has_changed=False, unrecorded=unrecorded, excess=excess)
        is_new = shipment is None
        shipment = shipment or self._create(returned)
        changes = [
            is_new,
            _merge_lines(shipment, held, wanted, is_exact=is_exact),
            self._merge_head(shipment, returned, is_exact=is_exact),
            self._merge_numbers(shipment, is_new=is_new),
        ]
        quantities = read_quantities(self.order, lines)
        excess = quantities.excess
        has_changed = any(changes) or not quantities.is_up_to_date
        if has_changed:
            with no_echo(bool(unrecorded or excess)):  # it is not as it was reported
                update_progress(self.order, shipment, self.actor, quantities)
        return Merged(shipment, has_changed, unrecorded, excess)

    def waits(self, recorded: Recorded) -> Merged | None:
        """Return what does not fit, or None if anything could be recorded now; no statement."""
        shipment, returned = self._named(recorded.shipments)
        is_exact = self._corrects(shipment)
        if shipment is not None and is_exact:
            return None
        held = {each.order_line_id: each for each in shipment.lines.all()} if shipment else {}
        wanted, unrecorded = self._fitting(recorded.lines, held, is_exact=is_exact)
        if wanted or not (shipment or unrecorded):
            return None
        if shipment is not None and self._differs(shipment, returned):
            return None
        return Merged(shipment, has_changed=False, unrecorded=unrecorded, excess=())

    def _differs(self, shipment: Shipment, returned: Shipment | None) -> bool:
        """Whether a report says anything beside quantities that is not recorded."""
        numbers = {each.tracking for each in shipment.parcels.all()}
        return (
            furthest(SHIPMENT_STATUSES, shipment.status, self.report.status) != shipment.status
            or not self.report.parcels.keys() <= numbers
            or not numbers.isdisjoint(self._numbers_taken_back())
            or bool(self._changed(shipment, returned, is_exact=False))
        )

    def _find(self) -> tuple[Shipment | None, Shipment | None]:
        """Find the shipment of this connection, and the one that a return names, if they exist.

        Another connection's may have the same references.
        """
        names = {self.report.reference, self.report.returns}
        found = self.order.shipments.filter(source=self.actor.connection, reference__in=names)
        return self._named({(each.direction, each.reference): each for each in found})

    def _named(
        self, recorded: Mapping[tuple[str, str], Shipment]
    ) -> tuple[Shipment | None, Shipment | None]:
        shipment = recorded.get((self.report.direction, self.report.reference))
        if self.report.direction == Direction.OUT:
            return shipment, None
        return shipment, recorded.get((Direction.OUT, self.report.returns))

    def _create(self, returned: Shipment | None) -> Shipment:
        is_return = self.report.direction == Direction.RETURN
        return Shipment.objects.create(
            order=self.order,
            reference=self.report.reference,
            direction=self.report.direction,
            returns=returned,
            is_replaced=self.report.is_replaced,
            status=Status.DELIVERED if is_return else Status.PLANNED,
            delivered_at=timezone.now() if is_return else None,
            corrected_sequence=self.report.correction,
            **recorder_of(self.actor),
        )

    def _corrects(self, shipment: Shipment | None) -> bool:
        """Whether the reports start from a correction that the shipment does not know."""
        correction = self.report.correction
        if correction is None or shipment is None:
            return correction is not None
        return shipment.corrected_sequence is None or correction > shipment.corrected_sequence

    def _fitting(
        self,
        lines: Mapping[uuid.UUID, OrderLine],
        held: Mapping[uuid.UUID, ShipmentLine],
        *,
        is_exact: bool,
    ) -> tuple[dict[uuid.UUID, Decimal], list[UnrecordedLine]]:
        """Separate the lines that the order has, in quantities that are sold, from the others."""
        wanted: dict[uuid.UUID, Decimal] = {}
        unrecorded: list[UnrecordedLine] = []
        for pk, quantity in self.report.lines.items():
            before = held[pk].quantity if pk in held else ZERO
            if pk not in lines:
                unrecorded.append(UnrecordedLine(pk, quantity, ZERO, unknown_line(self.order)))
            elif quantity > before or is_exact:
                left = self._left(lines[pk]) + before
                try:
                    if not self.report.is_posted:
                        check_part(lines[pk], quantity, left=left)
                except DomainError as error:
                    about = lines[pk].description
                    unrecorded.append(UnrecordedLine(pk, quantity, left, error.message, about))
                else:
                    wanted[pk] = quantity
        return wanted, unrecorded

    def _left(self, line: OrderLine) -> Decimal:
        if self.report.direction == Direction.OUT:
            return line.open_to_ship
        left: Decimal = line.shipped_quantity - line.returned_quantity
        return left

    def _merge_head(self, shipment: Shipment, returned: Shipment | None, *, is_exact: bool) -> bool:
        """Store the status and what else is reported of the shipment itself."""
        changed = self._changed(shipment, returned, is_exact=is_exact)
        before = shipment.status
        reached = furthest(SHIPMENT_STATUSES, before, self.report.status)
        if is_exact and self.report.correction is not None:
            shipment.correct(self.report.status, self.report.correction, **changed)
        elif reached != before:
            shipment.move_to(reached, **changed)
        elif changed:
            shipment.change(**changed)
        return shipment.status != before or bool(changed.keys() - {"report_sequence"})

    def _changed(
        self, shipment: Shipment, returned: Shipment | None, *, is_exact: bool
    ) -> dict[str, object]:
        """Return the columns that change, with what is reported."""
        reported: dict[str, object] = {
            "is_replaced": self.report.is_replaced,
            "report_sequence": max(self.report.sequence, shipment.report_sequence),
            "returns_id": returned.pk if returned else None,
        }
        shown = shipment.tracking or shipment.carrier
        if self.report.carrier or self.report.tracking or shown in self.report.replaced:
            reported |= {"carrier": self.report.carrier, "tracking": self.report.tracking}
        if self.report.direction == Direction.OUT:
            reported |= self._moments(shipment, is_exact=is_exact)
        return {name: new for name, new in reported.items() if getattr(shipment, name) != new}

    def _moments(self, shipment: Shipment, *, is_exact: bool) -> dict[str, dt.datetime | None]:
        """Return when it left and arrived: now if reports say so first, never if none does."""
        statuses = {self.report.status, *self.report.statuses}
        shipped_at, delivered_at = shipment.shipped_at, shipment.delivered_at
        if is_exact:
            shipped_at = shipped_at if statuses & Shipment.LEFT else None
            delivered_at = delivered_at if Status.DELIVERED in statuses else None
        if statuses & Shipment.LEFT:
            shipped_at = shipped_at or timezone.now()
        if Status.DELIVERED in statuses:
            delivered_at = delivered_at or timezone.now()
        return {"shipped_at": shipped_at, "delivered_at": delivered_at}

    def _numbers_taken_back(self) -> set[str]:
        """Return the tracking numbers that reports named and that none names any more."""
        return set(self.report.replaced) - self.report.parcels.keys()

    def _merge_numbers(self, shipment: Shipment, *, is_new: bool) -> bool:
        """Store every tracking number as a parcel, with the carrier named for it last."""
        known = {} if is_new else {each.tracking: each for each in shipment.parcels.all()}
        gone = [each.pk for number, each in known.items() if number in self._numbers_taken_back()]
        reported = self.report.parcels.items()
        new = [
            Parcel(shipment=shipment, tracking=number, carrier=carrier)
            for number, carrier in reported
            if number not in known
        ]
        moved = [
            (known[number], carrier)
            for number, carrier in reported
            if number in known and carrier and known[number].carrier != carrier
        ]
        for parcel, carrier in moved:
            parcel.carrier = carrier
        Parcel.objects.bulk_create(new)
        Parcel.objects.bulk_update([parcel for parcel, _carrier in moved], ["carrier"])
        if gone:
            Parcel.objects.filter(pk__in=gone).delete()
        return bool(new or moved or gone)


def unknown_line(order: Order) -> Sentence:
    """Say that a report names a line that an order does not have."""
    return _(
        "The report names a line that %(order)s does not have: nothing is recorded of it.",
        order=order,
    )


def _merge_lines(
    shipment: Shipment,
    held: Mapping[uuid.UUID, ShipmentLine],
    wanted: Mapping[uuid.UUID, Decimal],
    *,
    is_exact: bool,
) -> bool:
    """Let quantities grow; after a correction they are exactly what is reported."""
    added = [
        ShipmentLine(shipment=shipment, order_line_id=pk, quantity=quantity)
        for pk, quantity in wanted.items()
        if quantity > 0 and pk not in held
    ]
    moved = [line for pk, line in held.items() if wanted.get(pk, ZERO) > line.quantity]
    gone: list[ShipmentLine] = []
    if is_exact:
        gone = [line for pk, line in held.items() if not wanted.get(pk)]
        moved = [
            line for pk, line in held.items() if wanted.get(pk) not in {None, ZERO, line.quantity}
        ]
    for line in moved:
        line.quantity = wanted[line.order_line_id]
    ShipmentLine.objects.bulk_create(added)
    ShipmentLine.objects.bulk_update(moved, ["quantity"])
    ShipmentLine.objects.filter(pk__in=[line.pk for line in gone]).delete()
    return bool(added or moved or gone)


def read_recorded(order: Order, actor: System, references: Collection[str]) -> Recorded:
    """Read what is recorded of an order, of the shipments those with these references."""
    found = order.shipments.filter(source=actor.connection, reference__in=references)
    shipments = found.prefetch_related("lines", "parcels")
    by_name = {(each.direction, each.reference): each for each in shipments}
    return Recorded(lines_to_ship(order), by_name)


def record_report(order: Order, report: ReportedShipment, *, actor: System) -> Merged:
    """Record what fits of a reported shipment or return; the caller holds the order's lock.

    A new one is refused where another system ships.
    """
    return Merge(order, report, actor).run()


def what_waits(
    order: Order, report: ReportedShipment, *, actor: System, recorded: Recorded
) -> Merged | None:
    """Return what of a report does not fit, or None if anything of it could be recorded now."""
    return Merge(order, report, actor).waits(recorded)
