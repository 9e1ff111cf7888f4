"""Orders of another system: their snapshots are taken in by the ordinary use cases.

A snapshot creates its order or is merged into it. One message makes one version, an echo none.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from common.identifiers import uuid7
from common.sentences import sentence as _
from fulfilment.connectors.base import Record
from fulfilment.dialects.supply import RemoteOrder
from fulfilment.exchanged_fields import IN_CURRENCY
from fulfilment.models import Connection, Discrepancy, SyncState
from fulfilment.services.discrepancies import NewDiscrepancy, update_discrepancies
from fulfilment.services.mappings import mapped_codes
from fulfilment.services.order_sync.document_pushes import inexact_documents
from fulfilment.services.order_sync.known_versions import ask_to_read, certain_version
from fulfilment.services.order_sync.new_remote_orders import (
    FirstSnapshot,
    Mapped,
    claim,
    create_orders,
    keep_theirs,
    reason_of,
    sender_of,
    splits_of,
)
from fulfilment.services.order_sync.order_edits import apply_edit, read_edit
from fulfilment.services.order_sync.order_identity import (
    claimant,
    claimed_by,
    find_shared,
    forget_reference,
    has_number,
    release_id,
)
from fulfilment.services.order_sync.order_readings import Reading, read_snapshot
from fulfilment.services.order_sync.order_values import values_of
from fulfilment.services.order_sync.replaced_lines import with_new_lines
from fulfilment.services.order_sync.resent_orders import answer_snapshot, filled_in, followed_from
from fulfilment.services.order_sync.sync_states import (
    CONFLICTS,
    ORDER,
    forget_agreement,
    line_ids,
    lock_state,
    open_conflicts,
    open_rows,
    pushes_of,
    received_lines,
    remembered,
    snapshot_of,
)
from fulfilment.services.order_sync.units import factors_of
from fulfilment.sync.arrivals import is_stale
from fulfilment.sync.merge import Conflict, ConflictKind, Merge, Values, base_of, merge
from fulfilment.sync.policies import policy_of
from fulfilment.sync.residue import Split
from sales.models import Order, OrderLine, PaymentTerms, Product, ProductCategory, Unit
from sales.services.documents.locks import lock_order
from sales.services.events import current_cause
from sales.services.prices.pricing_input import lines_of

NO_NAMES: Mapping[str, str] = {}
KINDS = {kind: name for name, kind in CONFLICTS.items()}


@dataclass(frozen=True, slots=True)
class MergeResult:
    """What became of a snapshot: its order, whether that changed, and what waits for a person."""

    record: Record
    has_changed: bool = False
    conflicts: Sequence[Conflict] = ()
    must_read: bool = False
    """Whether what of ours it knows is not certain, so that the order is read there again."""


def merge_remote_order(
    connection: Connection,
    theirs: RemoteOrder,
    report: str = "",
    *,
    read_at: dt.datetime | None = None,
) -> MergeResult:
    """Create the order of a snapshot, or merge the snapshot into it.

    ``report`` is the id of its message, ``read_at`` when it was read there if it was. Of an order
    that was deleted before it was known here only that is kept, so that nothing late makes it.
    Raises NotMapped for codes that are not mapped yet, and the refusals of our use cases.
    """
    mapped = mapped_codes(connection, theirs.codes())
    order_id, is_new = _claim(connection, theirs)
    if is_new or not _exists(order_id):
        state = lock_state(connection, order_id)
        if not _exists(order_id):  # another message may have made it meanwhile
            return _open(connection, theirs, mapped, state)
    return _merge_in(connection, theirs, mapped, order_id, report, read_at)


def _exists(order_id: uuid.UUID) -> bool:
    return Order.objects.filter(pk=order_id).exists()


def _open(
    connection: Connection, theirs: RemoteOrder, mapped: Mapped, state: SyncState
) -> MergeResult:
    """Make the order of a first snapshot, unless it is deleted there by now."""
    if is_stale(theirs.sequence, state.snapshot_sequence):
        return MergeResult(Record(ORDER, state.record_id, theirs.number))
    if not theirs.is_deleted:
        [order] = create_orders(connection, [FirstSnapshot(theirs, mapped, state, current_cause())])
        state.save()
        return MergeResult(Record(ORDER, order.pk, order.number or ""), has_changed=True)
    state.snapshot_sequence = theirs.sequence
    state.snapshot = {"order": dict(theirs.fields)}
    state.save()
    return MergeResult(Record(ORDER, state.record_id, theirs.number))


def _claim(connection: Connection, theirs: RemoteOrder) -> tuple[uuid.UUID, bool]:
    """Find the order, or claim their id: for ours, or for a new one."""
    key = theirs.external_id
    known = find_shared(connection, key, theirs.number, theirs.our_id)
    claimed = claimant(connection, key)
    if known is not None and known == claimed:
        return known, False
    if claimed is not None:
        release_id(connection, key)
    if known is not None and has_number(connection, known, theirs.number):
        forget_reference(connection, known)
    order_id = known or uuid7()
    is_claimed = bool(claim(connection, {order_id: theirs}))
    return (order_id, known is None) if is_claimed else (claimed_by(connection, key), False)


def _merge_in(
    connection: Connection,
    theirs: RemoteOrder,
    mapped: Mapped,
    order_id: uuid.UUID,
    report: str,
    read_at: dt.datetime | None,
) -> MergeResult:
    order = lock_order(order_id)
    state, lines = lock_state(connection, order_id), lines_of(order)
    record = Record(ORDER, order.pk, order.number or "")
    if is_stale(theirs.sequence, state.snapshot_sequence):
        return MergeResult(record)
    knows = _known(state, theirs, read_at)
    if knows is None:
        return MergeResult(record, must_read=ask_to_read(state))
    splits, conflicts = remembered(state, knows), open_conflicts(state)
    base = base_of(snapshot_of(state), pushes_of(state), knows)
    ours = values_of(order, lines, state.held, default_category=connection.default_category_id)
    known = theirs.line_ids(line_ids(state), {str(line.pk) for line in lines})
    ids = with_new_lines(known, theirs, mapped, lines, base=base, ours=ours, conflicts=conflicts)
    reading = read_snapshot(theirs, mapped, ids, state, order, lines, splits, base)
    merged = merge(
        base,
        {**ours, **dict.fromkeys(filled_in(connection, order, base))},
        reading.values,
        connection.policies,
        made_here=not order.was_made_in(connection.code),
        answers=_answers(state, theirs),
        open_conflicts=conflicts,
    )
    is_newer = theirs.sequence > state.snapshot_sequence or read_at is not None
    edit, reason = read_edit(merged.apply, order, lines), reason_of(connection, theirs)
    has_changed = apply_edit(order, edit, actor=sender_of(connection), reason=reason)
    _keep(state, reading, merged, ids, splits, knows)
    _update_discrepancies(state, record, merged, lines, order.currency, report)
    followed = followed_from(state, order, ours) if has_changed else ()
    answer_snapshot(state, order, merged, followed=followed, is_newer=is_newer, report=report)
    return MergeResult(record, has_changed, merged.conflicts)


def _known(state: SyncState, theirs: RemoteOrder, read_at: dt.datetime | None) -> int | None:
    """Return the version of ours that they know; one of older data agrees with us on nothing."""
    knows = certain_version(state, read_at) if theirs.knows is None else theirs.knows
    if knows is not None and knows < state.knows:
        forget_agreement(state, knows)
    return knows


def _keep(
    state: SyncState,
    reading: Reading,
    merged: Merge,
    ids: Mapping[str, str],
    splits: Mapping[str, Split],
    knows: int,
) -> None:
    """Keep a snapshot; documents that may be exact in another unit now are sent with the order."""
    if reading.theirs.has_lines and reading.factors != factors_of(state):
        waiting = inexact_documents(state.connection, state.record_id)
        state.must_send_again |= waiting.filter(resolved_at__isnull=True).exists()
    keep_theirs(state, reading, merged.held, ids, splits_of(reading.values, ids, splits), knows)


def _answers(state: SyncState, theirs: RemoteOrder) -> Values | None:
    """Return what the push named that caused this snapshot, None if none did."""
    for push in state.pushes:
        if theirs.cause and push.get("message_id") == theirs.cause:
            return dict(push["values"])
    return None


def _update_discrepancies(
    state: SyncState,
    record: Record,
    merged: Merge,
    lines: Sequence[OrderLine],
    currency: str,
    report: str,
) -> None:
    """Open a discrepancy for each field in conflict, and close those that agree again."""
    names = _names_of(state) | {str(line.pk): _name_of(line) for line in lines}
    found = [
        _discrepancy(state, record, each, KINDS[each.kind], names, currency, report)
        for each in merged.conflicts
    ]
    on_arrival = Discrepancy.Kind.CHANGED_ON_ARRIVAL
    found += [
        _discrepancy(state, record, each, on_arrival, names, currency, report)
        for each in merged.changed_on_arrival
    ]
    update_discrepancies(open_rows(state).filter(kind__in=KINDS.values()), found)


def _name_of(line: OrderLine) -> str:
    """Name a line by its description, else by what it sells, else by its place."""
    sold = line.description or line.product or line.product_category
    return str(sold or gettext("line %(number)d") % {"number": line.position})


def _names_of(state: SyncState) -> dict[str, str]:
    """Name the lines that they have, as they do."""
    received = received_lines(state).items()
    return {line: str(each.get("description") or each.get("item") or "") for line, each in received}


def _figures_along(conflict: Conflict, held: Values) -> str:
    """Write the quantity and price that they hold in a unit that is in conflict.

    These go when ours is chosen, so that other ones are another conflict.
    """
    line, _dot, name = conflict.path.rpartition(".")
    if name != "unit":
        return ""
    quantity, price = (shown_value(held.get(f"{line}.{each}")) for each in ("quantity", "price"))
    discount = held.get(f"{line}.discount")
    off = f" − {discount}" if discount and Decimal(discount) else ""
    return f"{quantity} × {price}{off}"


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
    policy, compared = policy_of(conflict.path), _compared(conflict, currency)
    names_of_codes = compared.get("names", {})
    return NewDiscrepancy(
        state.connection_id,
        kind,
        record,
        ours=shown_value(conflict.ours, names_of_codes),
        theirs=shown_value(conflict.theirs, names_of_codes),
        base=shown_value(conflict.base, names_of_codes),
        field=conflict.path,
        difference=_figures_along(conflict, state.held),
        about=names.get(line, ""),
        rule=_rule(conflict.kind),
        report=report,
        report_waits=kind is Discrepancy.Kind.FIELD,
        compared=compared,
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
    if conflict.path.startswith("line.") and conflict.path.endswith((".product", ".unit")):
        return values | {"names": _names([each for each in values.values() if each])}
    return values


def _names(ids: Sequence[str]) -> dict[str, str]:
    """Name products, categories and units by their ids."""
    named = (*Product.objects.in_bulk(ids).items(), *ProductCategory.objects.in_bulk(ids).items())
    return {str(pk): str(each) for pk, each in (*named, *Unit.objects.in_bulk(ids).items())}


def _rule(kind: ConflictKind) -> Any:
    if kind is ConflictKind.QUANTITY:
        return _("More is delivered or invoiced than they want now: a person decides.")
    if kind is ConflictKind.STATUS:
        return _("One side cancelled what the other changed or ships: a person decides.")
    return _("Both systems changed this field since they last agreed: a person decides.")


def shown_value(value: Any, names: Mapping[str, str] = NO_NAMES) -> str:
    """Write a canonical value on one line, a code by its name.

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
    return names.get(str(value), str(value))
