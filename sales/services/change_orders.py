"""Changing an order that is already binding: versioned, guarded, and told to the other systems."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

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
from sales.services.documents.bundles import add_parts, parts_follow, refuse_part_change
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
"""What of the head a change order may change."""

LINE_FIELDS = (
    "quantity", "unit_price", "discount_amount", "discount_rate", "description", "requested_on",
)  # fmt: skip
"""What of a line a change order may change."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a change order asks for."""

    lines: Mapping[uuid.UUID, Mapping[str, Any]] = field(default_factory=dict)
    additions: Sequence[Mapping[str, Any]] = ()
    head: Mapping[str, Any] = field(default_factory=dict)


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
    """Take an order to its next version with a new agreement on lines and head.

    Refuses to go under what is shipped or billed, by quantity and by amount.
    """
    order = lock_order(order_id)
    _check_open(order, expected_version)
    before = _picture(order, lines_of(order))
    change = _open_change(order, reason, actor)
    with within_limit(order, actor):
        lines = _apply(order, changes, actor)
        reprice(order, lines)
    check_ready(order, lines)
    billed = billed_so_far(order)
    for line in lines:
        _refuse_less_than_done(line, billed.get(line.pk, Portion()))
    _close_change(change, _difference(before, _picture(order, lines)))
    save_statuses(order, derive_statuses(order, lines))
    changed = sorted({str(entry["field"]) for entry in change.difference})
    record_event(
        SalesEvent.Type.ORDER_CHANGED,
        order,
        actor=actor,
        data={"changed": changed, "reason": reason},
    )
    return change


def preview_change(order_id: uuid.UUID, changes: Changes, *, actor: Actor) -> list[dict[str, Any]]:
    """Say what a change order would change, and change nothing."""
    with transaction.atomic():
        change = change_order(order_id, changes, actor=actor)
        transaction.set_rollback(True)
    difference: list[dict[str, Any]] = change.difference
    return difference


def _open_change(order: Order, reason: str, actor: Actor) -> OrderChange:
    """Write the change before the lines: without it the database lets no agreed line change."""
    return OrderChange.objects.create(
        order=order,
        version=order.version + 1,
        reason=reason.strip(),
        changed_by=actor if isinstance(actor, User) else None,
        changed_by_name=str(actor)[:150],
        difference=[],
    )


def _close_change(change: OrderChange, difference: list[dict[str, Any]]) -> None:
    if not difference:
        raise NothingChanged(
            gettext("%(order)s stands like this already: change something first.")
            % {"order": change.order}
        )
    change.difference = difference
    change.save(update_fields=["difference"])


def _check_open(order: Order, expected_version: int | None) -> None:
    if order.status not in {Order.Status.SUBMITTED, Order.Status.COMPLETED}:
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
    changed = {pk: quantities[pk] for pk, line in lines.items() if line.quantity != quantities[pk]}
    parts_follow([lines[pk] for pk in changed], changed, keeps_prices=True, refuse=_refuse_too_few)
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


def _change_line(line: OrderLine, fields: Mapping[str, Any], actor: Actor) -> None:
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
    _refuse_too_few(line)


def _refuse_too_few(line: OrderLine) -> None:
    """What is shipped or billed stays ordered."""
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


def _refuse_less_than_done(line: OrderLine, billed: Portion) -> None:
    """What is billed stays billed: the new figures may not be less, nor differ once all is out."""
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


def _picture(order: Order, lines: Sequence[OrderLine]) -> dict[str, Any]:
    head = {name: _told(getattr(order, name)) for name in sorted(HEAD_FIELDS)}
    return {
        "head": {**head, "total": _told(order.total)},
        "lines": {
            str(line.pk): {
                "description": line.description,
                **{name: _told(getattr(line, name)) for name in LINE_FIELDS},
            }
            for line in lines
        },
    }


def _difference(before: dict[str, Any], after: dict[str, Any]) -> list[dict[str, Any]]:
    changed = [
        {"line": None, "what": "", "field": name, "before": before["head"][name], "after": value}
        for name, value in after["head"].items()
        if before["head"][name] != value
    ]
    for pk, line in after["lines"].items():
        old = before["lines"].get(pk)
        changed += [
            {
                "line": pk,
                "what": line["description"],
                "field": name,
                "before": old[name] if old else None,
                "after": line[name],
            }
            for name in LINE_FIELDS
            if line[name] != (old[name] if old else None)
        ]
    return changed


def _told(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value if value is None or isinstance(value, dict) else str(value)
