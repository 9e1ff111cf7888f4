"""Orders of another system: their snapshots are taken in by the ordinary use cases.

A snapshot creates its order or is merged into it. One message makes one version, an echo none.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection as database
from django.utils import timezone
from django.utils.translation import gettext, override
from django_countries import countries

from common.identifiers import uuid7
from common.sentences import sentence as _
from crm.actors import System
from crm.models import Account
from fulfilment.connectors.base import Record
from fulfilment.dialects.supply import Code, RemoteOrder, read_order
from fulfilment.exchanged_fields import IN_CURRENCY
from fulfilment.models import Connection, Discrepancy, ExternalRef, SyncState
from fulfilment.services.discrepancies import NewDiscrepancy, settle_discrepancies
from fulfilment.services.known_versions import ask_to_read, certain_version
from fulfilment.services.mappings import Kind, mapped_codes
from fulfilment.services.order_edits import apply_edit, new_lines, read_edit
from fulfilment.services.order_values import values_of
from fulfilment.services.resent_orders import answer_snapshot
from fulfilment.services.sync_states import (
    CONFLICTS,
    ORDER,
    keep_snapshot,
    line_ids,
    lock_state,
    open_conflicts,
    open_rows,
    pushes_of,
    remembered,
    snapshot_of,
)
from fulfilment.sync.arrivals import is_stale
from fulfilment.sync.canonical import Notation, canonical, with_missing_lines
from fulfilment.sync.merge import Conflict, ConflictKind, Merge, Values, base_of, merge
from fulfilment.sync.policies import policy_of
from fulfilment.sync.residue import Split
from sales.models import Company, Order, OrderLine, PaymentTerms
from sales.pricing.money import Rounding
from sales.services.documents.bulk_lines import insert_new_lines
from sales.services.documents.drafts import draft_order
from sales.services.documents.locks import lock_order
from sales.services.orders import cancel_order, hold_order, submit_order
from sales.services.prices.pricing_input import lines_of

CLAIM = """
INSERT INTO fulfilment_externalref
    (id, connection_id, record_type, record_id, external_id, external_number, is_provisional,
     created_at)
VALUES (%s, %s, 'order', %s, %s, %s, false, clock_timestamp())
ON CONFLICT (connection_id, record_type, external_id) DO NOTHING
"""
"""Who inserts their id of an order creates the order; others wait on the index, and merge."""

Mapped = Mapping[Code, uuid.UUID]

KINDS = {kind: name for name, kind in CONFLICTS.items()}


@cache
def country_codes() -> Mapping[str, str]:
    """Return the English names of countries, each with its code of two letters."""
    with override("en"):
        return {str(name): code for code, name in countries}


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a snapshot: its order, whether that changed, and what waits for a person."""

    record: Record
    has_changed: bool = False
    conflicts: Sequence[Conflict] = ()
    must_read: bool = False
    """Whether what of ours it knows is not certain, so that the order is read there again."""


def take_in(
    connection: Connection,
    theirs: RemoteOrder,
    report: str = "",
    *,
    read_at: dt.datetime | None = None,
) -> TakenIn:
    """Create the order of a snapshot, or merge the snapshot into it.

    ``report`` is the id of its message, ``read_at`` when it was read there if it was. Of an order
    that was deleted before it was known here only that is kept, so that nothing late makes it.
    Raises NotMapped for codes that are not mapped yet, and the refusals of our use cases.
    """
    mapped = mapped_codes(connection, theirs.codes())
    order_id, is_new = _claim(connection, theirs)
    if is_new or not _is_here(order_id):
        state = lock_state(connection, order_id)
        if not _is_here(order_id):  # another message may have made it meanwhile
            return _open(connection, theirs, mapped, state)
    return _merge_in(connection, theirs, mapped, order_id, report, read_at)


def _is_here(order_id: uuid.UUID) -> bool:
    return Order.objects.filter(pk=order_id).exists()


def _open(connection: Connection, theirs: RemoteOrder, mapped: Mapped, state: SyncState) -> TakenIn:
    """Make the order of a first snapshot, unless it is deleted there by now."""
    if is_stale(theirs.sequence, state.snapshot_sequence):
        return TakenIn(Record(ORDER, state.record_id, theirs.number))
    if not theirs.is_deleted:
        return _create(connection, theirs, mapped, state)
    state.snapshot_sequence = theirs.sequence
    state.snapshot = {"order": dict(theirs.fields)}
    state.save()
    return TakenIn(Record(ORDER, state.record_id, theirs.number))


def _claim(connection: Connection, theirs: RemoteOrder) -> tuple[uuid.UUID, bool]:
    """Find the order by their id, or claim their id: for ours, or for a new one."""
    refs = ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, external_id=theirs.external_id
    ).values_list("record_id", flat=True)
    known = refs.first()
    if known is not None:
        return known, False
    own = Order.objects.filter(pk=theirs.our_id).first() if theirs.our_id else None
    order_id = own.pk if own else uuid7()
    with database.cursor() as cursor:
        cursor.execute(CLAIM, [uuid7(), connection.pk, order_id, theirs.external_id, theirs.number])
        is_claimed = cursor.rowcount == 1
    return (order_id, own is None) if is_claimed else (refs.get(), False)


def _create(
    connection: Connection,
    theirs: RemoteOrder,
    mapped: Mapped,
    state: SyncState,
) -> TakenIn:
    """Make the order of a snapshot: a draft with their lines, submitted under their number."""
    actor, ids = _sender(connection), theirs.line_ids({}, ())
    company = Company.objects.get(pk=mapped[Kind.COMPANY, theirs.fields["company"]])
    values = canonical(read_order(theirs, mapped, ids), _notation(theirs.fields, company))
    splits = _splits(values, ids, {})
    account = Account.objects.get(pk=mapped[Kind.ACCOUNT, theirs.fields["customer"]])
    order = draft_order(
        actor=actor,
        account=account,
        owner=connection.default_owner or account.owner,
        id=state.record_id,
        company=company,
        origin=connection.code,
        **_head(values, theirs),
    )
    lines = new_lines(_lines(values))
    insert_new_lines(order, list(lines.values()), actor, with_parts=False)
    order = submit_order(order.pk, actor=actor, number=theirs.number)
    reason = _reason(connection, theirs)
    if values.get("head.is_cancelled"):
        order = cancel_order(order.pk, actor=actor, reason=reason)
    elif values.get("head.is_on_hold"):
        order = hold_order(order.pk, actor=actor, reason=reason)
    _keep(state, theirs, values, ids, splits, theirs.knows or 0)
    state.save()
    return TakenIn(Record(ORDER, order.pk, order.number or ""), has_changed=True)


def _head(values: Mapping[str, Any], theirs: RemoteOrder) -> dict[str, Any]:
    terms = values.get("head.payment_terms")
    requested = values.get("head.requested_on")
    return {
        "name": values.get("head.name") or theirs.number,
        "currency": values["head.currency"],
        "prices_include_tax": values.get("head.prices_include_tax") or False,
        "customer_reference": values.get("head.customer_reference") or "",
        "requested_on": dt.date.fromisoformat(requested) if requested else None,
        "shipping_address": values.get("head.ship_to") or None,
        "freight": Decimal(values.get("head.freight") or 0),
        "discount_amount": Decimal(values.get("head.header_discount") or 0),
        "payment_terms": PaymentTerms.objects.get(pk=terms) if terms else None,
    }


def _lines(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of each line, in their order."""
    lines: dict[str, dict[str, Any]] = {line: {} for line in values.get("head.line_order", ())}
    for path, value in values.items():
        if path.startswith("line."):
            _prefix, line, name = path.split(".", 2)
            lines.setdefault(line, {})[name] = value
    return lines


def _merge_in(
    connection: Connection,
    theirs: RemoteOrder,
    mapped: Mapped,
    order_id: uuid.UUID,
    report: str,
    read_at: dt.datetime | None,
) -> TakenIn:
    order = lock_order(order_id)
    state, lines = lock_state(connection, order_id), lines_of(order)
    record = Record(ORDER, order.pk, order.number or "")
    if is_stale(theirs.sequence, state.snapshot_sequence):
        return TakenIn(record)
    knows = certain_version(state, read_at) if theirs.knows is None else theirs.knows
    if knows is None:
        return TakenIn(record, must_read=ask_to_read(state))
    ids = theirs.line_ids(line_ids(state), {str(line.pk) for line in lines})
    splits = remembered(state, knows)
    base = base_of(snapshot_of(state), pushes_of(state), knows)
    said = _said(theirs, read_order(theirs, mapped, ids), order, splits, base)
    ours = values_of(order, lines, state.held, default_category=connection.default_category_id)
    merged = merge(
        base,
        ours,
        said,
        connection.policies,
        made_here=order.origin != connection.code,
        answers=_answers(state, theirs),
        open_conflicts=open_conflicts(state),
    )
    is_newer = theirs.sequence > state.snapshot_sequence or read_at is not None
    edit = read_edit(merged.apply, order, lines)
    reason = _reason(connection, theirs)
    has_changed = apply_edit(order, edit, actor=_sender(connection), reason=reason)
    _keep(state, theirs, merged.held, ids, _splits(said, ids, splits), knows)
    _settle(state, record, merged, lines, order.currency, report)
    answer_snapshot(state, order, merged, is_newer=is_newer, report=report)
    return TakenIn(record, has_changed, merged.conflicts)


def _said(
    theirs: RemoteOrder, read: Values, order: Order, splits: Mapping[str, Split], base: Values
) -> dict[str, Any]:
    """Return a snapshot in canonical values; a line that is not in it any more is cancelled."""
    said = canonical(read, _notation(theirs.fields, order.company), splits)
    return with_missing_lines(said, base) if theirs.has_lines else said


def _keep(
    state: SyncState,
    theirs: RemoteOrder,
    held: Mapping[str, Any],
    ids: Mapping[str, str],
    splits: Mapping[str, Split],
    knows: int,
) -> None:
    before = state.snapshot.get("order", {}) if theirs.is_deleted else {}
    received = {"order": {**before, **theirs.fields}, "line_ids": {**line_ids(state), **ids}}
    keep_snapshot(
        state,
        held=held,
        received=received,
        splits=splits,
        sequence=theirs.sequence,
        knows=knows,
    )
    state.received_at = timezone.now()


def _splits(
    values: Mapping[str, Any], ids: Mapping[str, str], before: Mapping[str, Split]
) -> dict[str, Split]:
    """Remember what of the charge of each line is a genuine charge; the residue stays."""
    splits = {}
    for line in ids.values():
        genuine = Decimal(values.get(f"line.{line}.charge") or 0)
        splits[line] = Split(before[line].residue if line in before else Decimal(0), genuine)
    return splits


def _answers(state: SyncState, theirs: RemoteOrder) -> dict[str, Any]:
    """Return what the push named that caused this snapshot."""
    for push in state.pushes:
        if theirs.cause and push.get("message_id") == theirs.cause:
            return dict(push["values"])
    return {}


def _settle(
    state: SyncState,
    record: Record,
    merged: Merge,
    lines: Sequence[OrderLine],
    currency: str,
    report: str,
) -> None:
    """Open a discrepancy for each field in conflict, and close those that agree again."""
    names = {str(line.pk): line.description for line in lines}
    found = [
        _discrepancy(state, record, each, KINDS[each.kind], names, currency, report)
        for each in merged.conflicts
    ]
    on_arrival = Discrepancy.Kind.CHANGED_ON_ARRIVAL
    found += [
        _discrepancy(state, record, each, on_arrival, names, currency, report)
        for each in merged.changed_on_arrival
    ]
    settle_discrepancies(open_rows(state).filter(kind__in=KINDS.values()), found)


def _discrepancy(
    state: SyncState,
    record: Record,
    conflict: Conflict,
    kind: Discrepancy.Kind,
    names: Mapping[str, str],
    currency: str,
    report: str,
) -> NewDiscrepancy:
    line = conflict.path.split(".")[1] if conflict.path.startswith("line.") else ""
    policy = policy_of(conflict.path)
    return NewDiscrepancy(
        state.connection_id,
        kind,
        record,
        ours=shown_value(conflict.ours),
        theirs=shown_value(conflict.theirs),
        base=shown_value(conflict.base),
        field=conflict.path,
        about=names.get(line, ""),
        rule=_rule(conflict.kind),
        report=report,
        compared=_compared(conflict, currency),
        stays_decided=policy is not None and policy.is_fixed,
    )


def _compared(conflict: Conflict, currency: str) -> dict[str, Any]:
    """Keep the three values, with what it takes to write them for people."""
    values = {"base": conflict.base, "ours": conflict.ours, "theirs": conflict.theirs}
    policy = policy_of(conflict.path)
    if policy is not None and policy.kind in IN_CURRENCY:
        return values | {"currency": currency}
    if conflict.path == "head.payment_terms":
        terms = PaymentTerms.objects.filter(pk__in=[each for each in values.values() if each])
        return values | {"names": {str(each.pk).upper(): each.name for each in terms}}
    return values


def _rule(kind: ConflictKind) -> Any:
    if kind is ConflictKind.QUANTITY:
        return _("More is delivered or invoiced than they want now: a person decides.")
    if kind is ConflictKind.STATUS:
        return _("One side cancelled what the other changed or ships: a person decides.")
    return _("Both systems changed this field since they last agreed: a person decides.")


def shown_value(value: Any) -> str:
    """Write a canonical value on one line.

    >>> shown_value({"amount": "3.99", "per": "100"}), shown_value(None)
    ('3.99 / 100', '–')
    """
    if value in (None, "", {}):
        return "–"
    if isinstance(value, dict) and "per" in value:
        per = value["per"]
        return value["amount"] if per == "1" else f"{value['amount']} / {per}"
    if isinstance(value, dict):
        return ", ".join(str(part) for part in value.values())
    return str(value)


def _notation(fields: Mapping[str, Any], company: Company) -> Notation:
    return Notation(
        str(fields.get("currency") or company.base_currency).strip().upper(),
        zone=ZoneInfo(company.time_zone),
        countries=country_codes(),
        rounding=Rounding(company.rounding),
    )


def _reason(connection: Connection, theirs: RemoteOrder) -> str:
    named = f"{connection.name} {theirs.number}"
    if not theirs.is_deleted:
        return named[:200]
    why = theirs.fields.get("reason")
    deleted = gettext("%(order)s is deleted there") % {"order": named}
    return (f"{deleted}: {why}" if why else deleted)[:200]


def _sender(connection: Connection) -> System:
    return System(connection.name, connection.code)
