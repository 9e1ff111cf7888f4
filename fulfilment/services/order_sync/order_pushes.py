"""Pushes of orders: a version of ours in the words of one connection, and what it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fulfilment.cloudevents import message_id
from fulfilment.dialects.supply import LineCodes, Pushed, changed_names, write_order
from fulfilment.dialects.supply_figures import Writing
from fulfilment.models import Connection, ExternalRef, SyncState
from fulfilment.services.mappings import outward_codes
from fulfilment.services.order_sync.cancelled_lines import cancelled_values, ordered_quantities
from fulfilment.services.order_sync.document_pushes import documents_of
from fulfilment.services.order_sync.order_values import values_of
from fulfilment.services.order_sync.sync_states import (
    ORDER,
    add_push,
    held_after_pushes,
    lock_state,
    open_conflicts,
    received_lines,
)
from fulfilment.services.order_sync.units import factors_of, restated_before
from fulfilment.sync.conflicts import named, outgoing
from fulfilment.sync.policies import is_in_conflict
from fulfilment.sync.residue import Split
from sales.models import Order, OrderLine, PaymentTerms, ProductCategory, SalesEvent
from sales.pricing.money import Rounding
from sales.services.prices.pricing_input import lines_of


def push_body(connection: Connection, event: SalesEvent, order: Order) -> dict[str, Any]:
    """Return the data of a push of an order as it is now, and keep what it tells them.

    A field in conflict is sent as their last snapshot has it, and not named. What is sent again
    names all that differs from that, since what was sent before may be refused, and has all our
    documents. Seven statements, eight while a push is on its way, however many lines.
    """
    is_again = event.type == SalesEvent.Type.ORDER_SENT_AGAIN
    lines = [line for line in lines_of(order) if line.counts]
    state = lock_state(connection, order.pk)
    held = state.held if is_again else held_after_pushes(state)
    policies, category = connection.policies, connection.default_category_id
    ours = values_of(order, lines, held, default_category=category)
    conflicts = open_conflicts(state)
    conflicting = {conflict.path for conflict in conflicts}
    sent = outgoing(ours, state.held, conflicts, policies)
    changes = {
        path: value
        for path, value in named(sent, held, policies).items()
        if not is_in_conflict(path, conflicting)
    }
    ordered = ordered_quantities(state, lines, sent)
    cancelled = cancelled_values(connection, order, lines, ordered, held)
    values = outgoing(cancelled, state.held, conflicts, policies) | sent
    writing = _writing_of(order, state, values, ordered)
    changes |= _units_of(writing, state, ours, is_again=is_again)
    body = write_order(
        values, _pushed(connection, event, order, lines, state, values, conflicting, writing)
    )
    splits = {line["throughline_id"]: _split(line, values) for line in body["lines"]}
    add_push(state, message_id(event), event.subject_version, changes, splits)
    data = {"order": body, "changes": changed_names(changes)}
    return data | {"documents": documents_of(connection, order)} if is_again else data


def _writing_of(
    order: Order,
    state: SyncState,
    values: Mapping[str, Any],
    ordered: Mapping[str, Decimal],
) -> Writing:
    """Say how lines are written: one that is no exact quantity in their unit is written in ours."""
    writing = Writing(
        currency=order.currency,
        rounding=Rounding(order.rounding),
        received=received_lines(state),
        reported=state.held,
        ordered=ordered,
        factors=factors_of(state),
    )
    inexact = {
        line
        for line, quantity in ordered.items()
        if not writing.is_exact(line, Decimal(values[f"line.{line}.quantity"]) or quantity)
    }
    return replace(writing, restated=restated_before(state) | inexact)


def _units_of(
    writing: Writing, state: SyncState, ours: Mapping[str, Any], *, is_again: bool
) -> dict[str, Any]:
    """Name the unit of each line that goes in ours from now on: all its figures go with it."""
    known = frozenset() if is_again else restated_before(state)
    paths = (f"line.{line}.unit" for line in writing.restated - known if line in writing.factors)
    return {path: ours[path] for path in paths}


def _split(line: Mapping[str, Any], sent: Mapping[str, Any]) -> Split:
    """Say what of the charge that is sent is a genuine charge; the rest is residue."""
    genuine = Decimal(sent.get(f"line.{line['throughline_id']}.charge", "0"))
    return Split(Decimal(line["charge"]) - genuine, genuine)


def _pushed(
    connection: Connection,
    event: SalesEvent,
    order: Order,
    lines: Sequence[OrderLine],
    state: SyncState,
    sent: Mapping[str, Any],
    conflicting: Collection[str],
    writing: Writing,
) -> Pushed:
    default, terms = connection.default_category, _terms(order, sent)
    names = dict(_own_codes(order, lines, default, terms))
    codes = names | outward_codes(connection, names)
    refs = ExternalRef.objects.filter(
        connection=connection, record_type=ORDER, record_id=order.pk
    ).values_list("external_id", flat=True)
    return Pushed(
        throughline_id=order.pk,
        external_id=refs.first() or "",
        number=order.number or "",
        version=event.subject_version,
        knows=state.snapshot_sequence,
        company=codes[order.company_id],
        customer=codes[order.account_id],
        terms=codes[terms.pk] if terms else "",
        bill_to=order.billing_address,
        lines={
            str(line.pk): _line_codes(line, codes, default)
            for line in lines
            if str(line.pk) in writing.ordered
        }
        | _codes_in_conflict(writing.ordered, writing.received, conflicting),
        writing=writing,
    )


def _terms(order: Order, sent: Mapping[str, Any]) -> PaymentTerms | None:
    """Return the payment terms that are sent: while they are in conflict, those that they hold."""
    ours, chosen = order.payment_terms, sent["head.payment_terms"]
    if ours is not None and str(ours.pk).upper() == chosen:
        return ours
    return PaymentTerms.objects.filter(pk=chosen).first()


def _own_codes(
    order: Order,
    lines: Sequence[OrderLine],
    default: ProductCategory | None,
    terms: PaymentTerms | None,
) -> Iterator[tuple[Any, str]]:
    """Name each record as we do: what is not mapped is sent so, and they may refuse it."""
    yield order.company_id, order.company.name
    yield order.account_id, order.account.name
    if terms is not None:
        yield terms.pk, terms.name
    if default is not None:
        yield default.pk, default.code
    for line in lines:
        if line.product is not None:
            yield line.product.pk, line.product.sku
        if line.product_category is not None:
            yield line.product_category.pk, line.product_category.code
        if line.unit is not None:
            yield line.unit.pk, line.unit.name


def _codes_in_conflict(
    lines: Collection[str],
    received: Mapping[str, Mapping[str, Any]],
    conflicting: Collection[str],
) -> dict[str, LineCodes]:
    """Call a line whose product or unit is in conflict what they call it."""
    named = {
        line: received[line]
        for line in lines
        if line in received
        and not {f"line.{line}.product", f"line.{line}.unit"}.isdisjoint(conflicting)
    }
    return {
        line: LineCodes(each.get("item") or "", each.get("unit") or "", each.get("category") or "")
        for line, each in named.items()
    }


def _line_codes(
    line: OrderLine, codes: Mapping[Any, str], default: ProductCategory | None
) -> LineCodes:
    if line.product_id:
        return LineCodes(item=codes[line.product_id], unit=codes.get(line.unit_id, ""))
    category = line.product_category_id or (default.pk if default else None)
    return LineCodes(category=codes.get(category, ""))
