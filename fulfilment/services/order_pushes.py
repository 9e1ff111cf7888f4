"""Pushes of orders: a version of ours in the words of one connection, and what it changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from fulfilment.cloudevents import message_id
from fulfilment.dialects.supply import LineCodes, Pushed, changed_names, write_order
from fulfilment.models import Connection, ExternalRef, SyncState
from fulfilment.services.mappings import outward_codes
from fulfilment.services.order_values import values_of
from fulfilment.services.sync_states import (
    ORDER,
    add_push,
    held_after_pushes,
    lock_state,
    open_conflicts,
    received_lines,
)
from fulfilment.sync.disputes import named, outgoing
from fulfilment.sync.residue import Split
from sales.models import Order, OrderLine, ProductCategory, SalesEvent
from sales.pricing.money import Rounding
from sales.services.prices.pricing_input import lines_of


def push_body(connection: Connection, event: SalesEvent, order: Order) -> dict[str, Any]:
    """Return the data of a push of an order as it is now, and keep what it tells them.

    A disputed field is sent as they hold it. What is sent again names all that differs from their
    last snapshot, since what was sent before may be refused. Seven statements, eight while a push
    is on its way, however many lines.
    """
    is_again = event.type == SalesEvent.Type.ORDER_SENT_AGAIN
    lines = [line for line in lines_of(order) if line.counts]
    state = lock_state(connection, order.pk)
    held = state.held if is_again else held_after_pushes(state)
    policies, category = connection.policies, connection.default_category_id
    ours = values_of(order, lines, held, default_category=category)
    sent = outgoing(ours, held, open_conflicts(state), policies)
    changes = named(sent, held, policies)
    body = write_order(sent, _pushed(connection, event, order, lines, state, held))
    splits = {line["throughline_id"]: _split(line, sent) for line in body["lines"]}
    add_push(state, message_id(event), event.subject_version, changes, splits)
    return {"order": body, "changes": changed_names(changes)}


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
    held: Mapping[str, Any],
) -> Pushed:
    default = connection.default_category
    names = dict(_own_codes(order, lines, default))
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
        currency=order.currency,
        rounding=Rounding(order.rounding),
        customer=codes[order.account_id],
        terms=codes[order.payment_terms_id] if order.payment_terms_id else "",
        bill_to=order.billing_address,
        lines={str(line.pk): _line_codes(line, codes, default) for line in lines},
        received=received_lines(state),
        held=held,
    )


def _own_codes(
    order: Order, lines: Sequence[OrderLine], default: ProductCategory | None
) -> Iterator[tuple[Any, str]]:
    """Name each record as we do: what is not mapped is sent so, and they may refuse it."""
    yield order.company_id, order.company.name
    yield order.account_id, order.account.name
    if order.payment_terms is not None:
        yield order.payment_terms.pk, order.payment_terms.name
    if default is not None:
        yield default.pk, default.code
    for line in lines:
        if line.product is not None:
            yield line.product.pk, line.product.sku
        if line.product_category is not None:
            yield line.product_category.pk, line.product_category.code
        if line.unit is not None:
            yield line.unit.pk, line.unit.name


def _line_codes(
    line: OrderLine, codes: Mapping[Any, str], default: ProductCategory | None
) -> LineCodes:
    if line.product_id:
        return LineCodes(item=codes[line.product_id], unit=codes.get(line.unit_id, ""))
    category = line.product_category_id or (default.pk if default else None)
    return LineCodes(category=codes.get(category, ""))
