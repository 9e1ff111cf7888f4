"""Change orders: changing a submitted order, versioned and sent to external systems."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypedDict

from django.db import transaction
from django.utils.translation import gettext

from common.errors import IllegalTransition, NotEditable, StaleVersion
from common.formatting import format_quantity
from common.rows import save_columns
from crm.actors import Actor
from crm.custom_fields import clean_custom
from crm.models import User
from sales.models import DocumentLine, Order, OrderChange, OrderLine, Product, SalesEvent
from sales.pricing.partial import Portion
from sales.services.billing.order_invoices import amounts_of, billed_so_far
from sales.services.billing.order_statuses import derive_statuses, save_statuses
from sales.services.documents.bundles import add_parts, refuse_part_change, update_parts
from sales.services.documents.new_lines import check_line, fill_from_product, new_line
from sales.services.documents.readiness import check_ready
from sales.services.documents.totals import lines_of, reprice
from sales.services.errors import AlreadyBilled, QuantityBelowDone, UnknownLine
from sales.services.events import record_event
from sales.services.orders import lock_order
from sales.services.prices.discount_limits import within_limit
from sales.services.prices.override_rights import check_price

HEAD_FIELDS = frozenset(
    {"name", "requested_on", "shipping_address", "customer_reference", "notes", "contact", "custom"}
)
"""Fields of the head that a change order may change."""

LINE_FIELDS = (
    "quantity", "unit_price", "discount_amount", "discount_rate", "description", "requested_on",
)  # fmt: skip
"""Fields of a line that a change order may change."""


class ChangeEntry(TypedDict):
    """One changed field of an order; ``line`` is None and ``what`` empty for the head."""

    line: str | None
    what: str
    field: str
    before: object
    after: object


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The fields of an order that change orders compare, as JSON values."""

    head: Mapping[str, object]
    lines: Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes that a change order makes."""

    lines: Mapping[uuid.UUID, Mapping[str, object]] = field(default_factory=dict)
    additions: Sequence[Mapping[str, Any]] = ()
    head: Mapping[str, object] = field(default_factory=dict)


class NothingChanged(IllegalTransition):
    """The change order changes nothing."""

    code = "nothing_changed"


@transaction.atomic
def change_order(
    order_id: uuid.UUID,
    changes: Changes,
    *,
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
) -> OrderChange:
    """Take an order to its next version with changed lines and head.

    Refuses to go under what is shipped or billed, by quantity and by amount.
    """
    order = lock_order(order_id)
    _check_open(order, expected_version)
    before = _snapshot(order, lines_of(order))
    change = _open_change(order, reason, actor)
    with within_limit(order, actor):
        lines = _apply(order, changes, actor)
        reprice(order, lines)
    check_ready(order, lines)
    billed = billed_so_far(order)
    for line in lines:
        _refuse_below_billed(line, billed.get(line.pk, Portion()))
    _close_change(change, _field_changes(before, _snapshot(order, lines)))
    save_statuses(order, derive_statuses(order, lines))
    changed = sorted({str(entry["field"]) for entry in change.difference})
    record_event(
        SalesEvent.Type.ORDER_CHANGED,
        order,
        actor=actor,
        data={"changed": changed, "reason": reason},
    )
    return change


def preview_change(order_id: uuid.UUID, changes: Changes, *, actor: Actor) -> list[ChangeEntry]:
    """Return what a change order would change, and change nothing."""
    with transaction.atomic():
        change = change_order(order_id, changes, actor=actor)
        transaction.set_rollback(True)
    difference: list[ChangeEntry] = change.difference
    return difference


def _open_change(order: Order, reason: str, actor: Actor) -> OrderChange:
    """Store the change before the lines: without it a trigger refuses to change an agreed line."""
    return OrderChange.objects.create(
        order=order,
        version=order.version + 1,
        reason=reason.strip(),
        changed_by=actor if isinstance(actor, User) else None,
        changed_by_name=str(actor)[:150],
        difference=[],
    )


def _close_change(change: OrderChange, difference: list[ChangeEntry]) -> None:
    if not difference:
        raise NothingChanged(
            gettext("%(order)s stands like this already: change something first.")
            % {"order": change.order}
        )
    change.difference = difference
    change.save(update_fields=["difference"])


def _check_open(order: Order, expected_version: int | None) -> None:
    if not order.is_binding:
        raise IllegalTransition(
            gettext("%(order)s is %(status)s: only a submitted order takes a change order.")
            % {"order": order, "status": order.get_status_display()}
        )
    if expected_version is not None and order.version != expected_version:
        raise StaleVersion(
            gettext(
                "%(record)s was changed by somebody else since you opened it: "
                "look at it again first."
            )
            % {"record": order}
        )


def _apply(order: Order, changes: Changes, actor: Actor) -> list[OrderLine]:
    _apply_head(order, dict(changes.head))
    lines = {line.pk: line for line in lines_of(order)}
    quantities = {pk: line.quantity for pk, line in lines.items()}
    for pk, fields in changes.lines.items():
        if pk not in lines:
            raise UnknownLine(
                gettext("%(order)s has no such line.") % {"order": order}, line=str(pk)
            )
        _change_line(lines[pk], fields, actor)
    save_columns(list(lines.values()), [*LINE_FIELDS, "price_source"])
    changed = [line for pk, line in lines.items() if line.quantity != quantities[pk]]
    update_parts(changed, quantities, keeps_prices=True, refuse=_refuse_below_done)
    for fields in changes.additions:
        _add(order, dict(fields), actor)
    return lines_of(order)


def _apply_head(order: Order, head: dict[str, Any]) -> None:
    unknown = head.keys() - HEAD_FIELDS
    if unknown:
        raise NotEditable(
            gettext("A change order cannot change these fields: %(fields)s.")
            % {"fields": ", ".join(sorted(unknown))}
        )
    if "custom" in head:
        head["custom"] = clean_custom(order, head["custom"], stored=order.custom)
    if head:
        order.change(**head)


def _change_line(line: OrderLine, fields: Mapping[str, object], actor: Actor) -> None:
    refuse_part_change(line, fields)
    for name, value in fields.items():
        if name not in LINE_FIELDS:
            raise NotEditable(
                gettext("A change order cannot change the field %(field)s of a line.")
                % {"field": name},
                line=str(line.pk),
            )
        if name == "unit_price" and value != line.unit_price:
            if line.product_id:
                check_price(actor, str(line.pk))
            line.price_source = DocumentLine.PriceSource.TYPED
        setattr(line, name, value)
    if fields.get("discount_amount") is not None:
        line.discount_rate = None
    elif fields.get("discount_rate") is not None:
        line.discount_amount = None
    check_line(line)
    _refuse_below_done(line)


def _refuse_below_done(line: OrderLine) -> None:
    """Refuse a quantity below what is shipped or billed."""
    done = max(line.shipped_quantity, line.billed) + line.cancelled_quantity
    if line.quantity < done:
        raise QuantityBelowDone(
            gettext("%(line)s: %(done)s are shipped or billed, so %(quantity)s is too few.")
            % {
                "line": line.description,
                "done": format_quantity(done),
                "quantity": format_quantity(line.quantity),
            },
            line=str(line.pk),
            field="quantity",
        )


def _add(order: Order, fields: dict[str, Any], actor: Actor) -> None:
    product = fields.pop("product", None)
    if product is not None and fields.get("unit_price") is not None:
        check_price(actor)
    unit = fields.pop("unit", None)
    line = new_line(order, quantity=fields.pop("quantity", Decimal(1)), **fields)
    if product is not None:
        fill_from_product(line, order, product, unit)
    check_line(line)
    line.save(force_insert=True)
    if product is not None and product.kind == Product.Kind.BUNDLE:
        add_parts(line, order)


def _refuse_below_billed(line: OrderLine, billed: Portion) -> None:
    """Refuse figures below what is billed, or different ones once all is billed."""
    if not billed.quantity:
        return
    now, then = amounts_of(line).figures, billed.amounts.figures
    fits = (
        now == then
        if line.open_to_bill == 0
        else all(new >= old for new, old in zip(now, then, strict=True))
    )
    if not fits:
        raise AlreadyBilled(
            gettext("%(line)s is billed at other figures: credit the invoice first.")
            % {"line": line.description},
            line=str(line.pk),
        )


def _snapshot(order: Order, lines: Sequence[OrderLine]) -> _Snapshot:
    head = {name: _as_json(getattr(order, name)) for name in sorted(HEAD_FIELDS)}
    return _Snapshot(
        head={**head, "total": _as_json(order.total)},
        lines={
            str(line.pk): {name: _as_json(getattr(line, name)) for name in LINE_FIELDS}
            for line in lines
        },
    )


def _field_changes(before: _Snapshot, after: _Snapshot) -> list[ChangeEntry]:
    changed = _compare(None, "", before.head, after.head)
    for pk, fields in after.lines.items():
        changed += _compare(pk, str(fields["description"]), before.lines.get(pk, {}), fields)
    return changed


def _compare(
    line: str | None, what: str, before: Mapping[str, object], after: Mapping[str, object]
) -> list[ChangeEntry]:
    return [
        ChangeEntry(line=line, what=what, field=name, before=before.get(name), after=value)
        for name, value in after.items()
        if before.get(name) != value
    ]


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if value is None or isinstance(value, dict) else str(value)
