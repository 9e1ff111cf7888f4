"""New orders of another system: their first snapshots become orders, many at once or one."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.identifiers import uuid7
from crm.actors import System
from crm.models import Account
from fulfilment.dialects.supply import Code, RemoteOrder
from fulfilment.models import Connection, SyncState
from fulfilment.services.bulk_sql import read_rows
from fulfilment.services.mappings import Kind, mapped_codes
from fulfilment.services.order_sync.order_edits import billing_address, new_lines
from fulfilment.services.order_sync.order_readings import Reading, read_first
from fulfilment.services.order_sync.sync_states import ORDER, keep_snapshot, line_ids
from fulfilment.services.order_sync.units import factors_as_text, factors_of
from fulfilment.sync.merge import Values
from fulfilment.sync.residue import Split
from sales.models import Company, Order, PaymentTerms
from sales.services.documents.draft_fields import PlacedFields
from sales.services.events import Cause
from sales.services.orders import cancel_order, hold_order
from sales.services.placed_orders import PlacedOrder, place_orders

CLAIM = """
INSERT INTO fulfilment_externalref
    (id, connection_id, record_type, record_id, external_id, external_number, is_provisional,
     created_at)
SELECT claim.id, connection, 'order', record, external_id, number, false, clock_timestamp()
FROM jsonb_to_recordset(%s)
    AS claim(id uuid, connection uuid, record uuid, external_id text, number text)
ORDER BY external_id
ON CONFLICT (connection_id, record_type, external_id) DO NOTHING
RETURNING external_id
"""
"""Who inserts their id of an order creates the order; others wait on the index, and merge."""

Mapped = Mapping[Code, uuid.UUID]


class KnownBefore(Exception):
    """One of the orders is not new: another message made it."""


@dataclass(frozen=True, slots=True)
class FirstSnapshot:
    """A first snapshot, with what its codes are mapped to, and the new state of its order."""

    theirs: RemoteOrder
    mapped: Mapped
    state: SyncState
    cause: Cause


@dataclass(frozen=True, slots=True)
class _Read:
    """A first snapshot as it is read here, with our ids of its lines."""

    snapshot: FirstSnapshot
    company: Company
    reading: Reading
    ids: Mapping[str, str]

    @property
    def values(self) -> Values:
        """Its canonical values."""
        return self.reading.values


def claim(connection: Connection, orders: Mapping[uuid.UUID, RemoteOrder]) -> set[str]:
    """Claim their ids for orders of ours; returns the ids that nobody had claimed before."""
    rows = [
        {
            "id": uuid7(),
            "connection": connection.pk,
            "record": order_id,
            "external_id": theirs.external_id,
            "number": theirs.number,
        }
        for order_id, theirs in orders.items()
    ]
    return {external_id for (external_id,) in read_rows(CLAIM, rows)}


@transaction.atomic
def create_remote_orders(
    connection: Connection, snapshots: Sequence[RemoteOrder], causes: Sequence[Cause]
) -> list[Order]:
    """Make the orders of first snapshots, in as many statements as one; all or none.

    Raises KnownBefore if one is not new, NotMapped, and the refusals of our use cases.
    """
    mapped = mapped_codes(connection, {code for each in snapshots for code in each.codes()})
    new = {uuid7(): theirs for theirs in snapshots}
    if len(claim(connection, new)) < len(new):
        raise KnownBefore
    states = [
        SyncState(connection=connection, record_type=ORDER, record_id=order_id) for order_id in new
    ]
    firsts = [
        FirstSnapshot(theirs, mapped, state, cause)
        for theirs, state, cause in zip(snapshots, states, causes, strict=True)
    ]
    orders = create_orders(connection, firsts)
    SyncState.objects.bulk_create(states)
    return orders


def create_orders(connection: Connection, snapshots: Sequence[FirstSnapshot]) -> list[Order]:
    """Make the orders of first snapshots under their numbers; the states are yet to be saved."""
    accounts, companies, terms = _records(snapshots)
    read = [_read(each, companies) for each in snapshots]
    lines = new_lines({line: fields for each in read for line, fields in _lines(each.values)})
    actor = sender_of(connection)
    placed = []
    for each in read:
        theirs, mapped = each.snapshot.theirs, each.snapshot.mapped
        account = accounts[mapped[Kind.ACCOUNT, theirs.fields["customer"]]]
        head = {
            "id": each.snapshot.state.record_id,
            "company": each.company,
            "origin": connection.code,
            "owner": connection.default_owner or account.owner,
            **_head(each.values, terms),
        }
        placed.append(
            PlacedOrder(
                theirs.number,
                account,
                each.values.get("head.name") or theirs.number,
                cast("PlacedFields", head),
                [lines[uuid.UUID(line)] for line, _fields in _lines(each.values)],
                each.snapshot.cause,
            )
        )
    orders = place_orders(placed, actor=actor)
    return [
        _finished(connection, each, order, actor) for each, order in zip(read, orders, strict=True)
    ]


def _records(
    snapshots: Iterable[FirstSnapshot],
) -> tuple[
    Mapping[uuid.UUID, Account], Mapping[uuid.UUID, Company], Mapping[uuid.UUID, PaymentTerms]
]:
    """Read the records that codes of first snapshots are mapped to; a statement for each kind."""
    ids: dict[str, set[uuid.UUID]] = {}
    for each in snapshots:
        for (kind, _code), record_id in each.mapped.items():
            ids.setdefault(kind, set()).add(record_id)
    accounts = Account.objects.select_related("owner__team")
    return (
        accounts.in_bulk(ids.get(Kind.ACCOUNT, ())),
        Company.objects.in_bulk(ids.get(Kind.COMPANY, ())),
        PaymentTerms.objects.in_bulk(ids.get(Kind.PAYMENT_TERMS, ())),
    )


def _read(snapshot: FirstSnapshot, companies: Mapping[uuid.UUID, Company]) -> _Read:
    theirs, mapped = snapshot.theirs, snapshot.mapped
    ids = theirs.line_ids({}, ())
    company = companies[mapped[Kind.COMPANY, theirs.fields["company"]]]
    return _Read(snapshot, company, read_first(theirs, mapped, ids, company), ids)


def _finished(connection: Connection, read: _Read, order: Order, actor: System) -> Order:
    """Cancel or hold a new order that is so there, and keep their snapshot."""
    theirs = read.snapshot.theirs
    if read.values.get("head.is_cancelled"):
        order = cancel_order(order.pk, actor=actor, reason=reason_of(connection, theirs))
    elif read.values.get("head.is_on_hold"):
        order = hold_order(order.pk, actor=actor, reason=reason_of(connection, theirs))
    splits = splits_of(read.values, read.ids, {})
    keep_theirs(read.snapshot.state, read.reading, read.values, read.ids, splits, theirs.knows or 0)
    return order


def _head(values: Values, terms: Mapping[uuid.UUID, PaymentTerms]) -> dict[str, Any]:
    chosen = values.get("head.payment_terms")
    requested, confirmed = values.get("head.requested_on"), values.get("head.confirmed_on")
    bill_to = billing_address(values)
    return {
        **({"billing_address": bill_to} if bill_to else {}),
        "confirmed_on": dt.date.fromisoformat(confirmed) if confirmed else None,
        "currency": values["head.currency"],
        "prices_include_tax": values.get("head.prices_include_tax") or False,
        "customer_reference": values.get("head.customer_reference") or "",
        "requested_on": dt.date.fromisoformat(requested) if requested else None,
        "shipping_address": values.get("head.ship_to") or None,
        "freight": Decimal(values.get("head.freight") or 0),
        "discount_amount": Decimal(values.get("head.header_discount") or 0),
        "payment_terms": terms[uuid.UUID(chosen)] if chosen else None,
    }


def _lines(values: Values) -> Iterable[tuple[str, dict[str, Any]]]:
    """Return the fields of each line, in their order."""
    lines: dict[str, dict[str, Any]] = {line: {} for line in values.get("head.line_order", ())}
    for path, value in values.items():
        if path.startswith("line."):
            _prefix, line, name = path.split(".", 2)
            lines.setdefault(line, {})[name] = value
    return lines.items()


def keep_theirs(
    state: SyncState,
    reading: Reading,
    held: Mapping[str, Any],
    ids: Mapping[str, str],
    splits: Mapping[str, Split],
    knows: int,
) -> None:
    """Keep a snapshot as the last one, in canonical values and as it was received.

    What it does not have is as they sent it before.
    """
    theirs = reading.theirs
    received = {
        "order": {**state.snapshot.get("order", {}), **theirs.fields},
        "line_ids": {**line_ids(state), **ids},
        "factors": factors_as_text(reading.factors if theirs.has_lines else factors_of(state)),
    }
    keep_snapshot(
        state,
        held=held,
        received=received,
        splits=splits,
        sequence=theirs.sequence,
        knows=knows,
    )
    state.received_at = timezone.now()


def splits_of(
    values: Mapping[str, Any], ids: Mapping[str, str], before: Mapping[str, Split]
) -> dict[str, Split]:
    """Remember what of the charge of each line is a genuine charge; the residue stays."""
    splits = {}
    for line in ids.values():
        genuine = Decimal(values.get(f"line.{line}.charge") or 0)
        splits[line] = Split(before[line].residue if line in before else Decimal(0), genuine)
    return splits


def reason_of(connection: Connection, theirs: RemoteOrder) -> str:
    """Write what is kept as the reason of what a snapshot changes."""
    named = f"{connection.name} {theirs.number}"
    if not theirs.is_deleted:
        return named[:200]
    reason = theirs.fields.get("reason")
    deleted = gettext("%(order)s is deleted there") % {"order": named}
    return (f"{deleted}: {reason}" if reason else deleted)[:200]


def sender_of(connection: Connection) -> System:
    """Return the connection as the actor of what it sends."""
    return System(connection.name, connection.code)
