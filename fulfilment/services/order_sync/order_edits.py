"""Changes of an order by another system, made by the ordinary use cases in one change order."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, cast

from crm.actors import Actor
from fulfilment.sync.policies import CANCELLED, is_quantity
from sales.models import (
    DocumentLine,
    Order,
    OrderLine,
    PaymentTerms,
    Product,
    ProductCategory,
    Unit,
)
from sales.pricing.money import Rounding, minor_units, round_to
from sales.services.change_orders import Changes, change_order
from sales.services.confirmed_dates import confirm_dates
from sales.services.documents.draft_fields import HeadChanges, NewOrderLineFields
from sales.services.orders import cancel_order, hold_order, release_order

ON_HOLD = "head.is_on_hold"
CONFIRMED_ON = "head.confirmed_on"
BILL_TO = "head.bill_to."
ZERO = Decimal(0)


@dataclass(slots=True)
class OrderEdit:
    """Changes of an order, sorted by the use case that makes them."""

    head: dict[str, Any] = field(default_factory=dict)
    lines: dict[uuid.UUID, dict[str, Any]] = field(default_factory=dict)
    added: dict[uuid.UUID, NewOrderLineFields] = field(default_factory=dict)
    confirmed: dict[uuid.UUID, dt.date | None] = field(default_factory=dict)
    """Days that they confirmed, by the id of the line or the order."""
    is_on_hold: bool | None = None
    is_cancelled: bool | None = None

    @property
    def changes(self) -> Changes:
        """The part that one change order makes."""
        head = cast("HeadChanges", self.head)
        additions = list(self.added.values())
        return Changes(lines=self.lines, additions=additions, head=head, with_parts=False)


def read_edit(
    values: Iterable[tuple[str, Any]], order: Order, lines: Sequence[OrderLine]
) -> OrderEdit:
    """Sort canonical values by what they change; what only they show changes nothing here."""
    edit, known = OrderEdit(), {str(line.pk): line for line in lines}
    values = list(values)
    quantities = {path: Decimal(value) for path, value in values if is_quantity(path)}
    new: dict[str, dict[str, Any]] = {}
    for path, value in values:
        if path.startswith("head."):
            _read_head(edit, path, value, order)
            continue
        _prefix, line, name = path.split(".", 2)
        if line in known:
            wanted = quantities.get(f"line.{line}.quantity", known[line].wanted_quantity)
            _read_line(edit, name, value, known[line], _promotion(order, known[line], wanted))
        else:
            new.setdefault(line, {})[name] = value
    edit.added = new_lines(new)
    return edit


def _read_head(edit: OrderEdit, path: str, value: Any, order: Order) -> None:
    if path == ON_HOLD:
        edit.is_on_hold = value
    elif path == CANCELLED:
        edit.is_cancelled = value
    elif path == CONFIRMED_ON:
        edit.confirmed |= _confirmed(order, value)
    elif path.startswith(BILL_TO):
        address = edit.head.get("billing_address", order.billing_address)
        part = {path.removeprefix(BILL_TO): value or ""}
        edit.head |= _other(order, {"billing_address": {**address, **part}})
    elif path in _HEAD:
        edit.head |= _other(order, _HEAD[path](value))


def _read_line(edit: OrderEdit, name: str, value: Any, line: OrderLine, promotion: Decimal) -> None:
    if name == "confirmed_on":
        edit.confirmed |= _confirmed(line, value)
    elif fields := _other(line, _line_field(name, value, line, promotion)):
        edit.lines.setdefault(line.pk, {}).update(fields)


def _confirmed(record: Order | OrderLine, value: str | None) -> dict[uuid.UUID, dt.date | None]:
    """Return the day that is confirmed, if it is another one than before."""
    day = _day(value)
    return {} if record.confirmed_on == day else {record.pk: day}


def _other(record: Order | OrderLine, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the values that a record does not have yet."""
    return {name: value for name, value in fields.items() if getattr(record, name) != value}


def new_lines(values: Mapping[str, Mapping[str, Any]]) -> dict[uuid.UUID, NewOrderLineFields]:
    """Return the fields of new lines from their canonical values, both by our id of the line.

    Three statements, however many lines.
    """
    ids = {each["product"] for each in values.values() if each.get("product")}
    products = Product.objects.select_related("default_unit").in_bulk(ids)
    categories = ProductCategory.objects.select_related("tax_category").in_bulk(
        ids - {str(pk) for pk in products}
    )
    units = Unit.objects.in_bulk({each["unit"] for each in values.values() if each.get("unit")})
    sold = _Sold(products, categories, units)
    return {uuid.UUID(line): _new_line(line, each, sold) for line, each in values.items()}


@dataclass(frozen=True, slots=True)
class _Sold:
    """The records that new lines name, by their ids."""

    products: Mapping[uuid.UUID, Product]
    categories: Mapping[uuid.UUID, ProductCategory]
    units: Mapping[uuid.UUID, Unit]


def _new_line(line: str, values: Mapping[str, Any], sold: _Sold) -> NewOrderLineFields:
    """Return the fields of a new line; its price is theirs, and so is its tax rate."""
    named = uuid.UUID(values["product"]) if values.get("product") else None
    product = sold.products.get(named) if named else None
    category = sold.categories.get(named) if named else None
    is_called = product or category
    fields: dict[str, Any] = {
        "id": uuid.UUID(line),
        "product": product,
        "product_category": category,
        "unit": sold.units.get(uuid.UUID(values["unit"])) if values.get("unit") else None,
        "quantity": Decimal(values["quantity"]),
        "discount_amount": Decimal(values.get("discount", "0")) or None,
        "price_source": DocumentLine.PriceSource.EXTERNAL,
        "description": values.get("description") or (is_called.name if is_called else ""),
    }
    for name, value in values.items():
        if name in _LINE and value is not None:
            fields |= _LINE[name](value)
    if values.get("confirmed_on"):
        fields["confirmed_on"] = _day(values["confirmed_on"])
    return cast("NewOrderLineFields", fields)


def apply_edit(order: Order, edit: OrderEdit, *, actor: Actor, reason: str) -> bool:
    """Make the changes; returns whether there were any."""
    if edit.is_cancelled:
        cancel_order(order.pk, actor=actor, reason=reason)
        return True
    is_changed = bool(edit.head or edit.lines or edit.added)
    if is_changed:
        change_order(order.pk, edit.changes, actor=actor, reason=reason)
    if edit.confirmed:
        confirm_dates(order.pk, edit.confirmed, actor=actor)
    if edit.is_on_hold is True:
        hold_order(order.pk, actor=actor, reason=reason)
    elif edit.is_on_hold is False:
        release_order(order.pk, actor=actor)
    return is_changed or bool(edit.confirmed) or edit.is_on_hold is not None


def billing_address(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a bill-to address that canonical values have."""
    return {
        path.removeprefix(BILL_TO): value
        for path, value in values.items()
        if path.startswith(BILL_TO) and value
    }


def _day(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _terms(value: str | None) -> PaymentTerms | None:
    return PaymentTerms.objects.get(pk=uuid.UUID(value)) if value else None


_HEAD: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "head.name": lambda value: {"name": value},
    "head.requested_on": lambda value: {"requested_on": _day(value)},
    "head.ship_to": lambda value: {"shipping_address": value or {}},
    "head.customer_reference": lambda value: {"customer_reference": value},
    "head.payment_terms": lambda value: {"payment_terms": _terms(value)},
    "head.freight": lambda value: {"freight": Decimal(value)},
    "head.header_discount": lambda value: {"discount_amount": Decimal(value)},
}


def _line_field(name: str, value: Any, line: OrderLine, promotion: Decimal) -> dict[str, Any]:
    if name == "quantity":
        return {"quantity": Decimal(value) + line.cancelled_quantity}
    if name == "discount":
        return {"discount_amount": Decimal(value) - promotion}
    read = _LINE.get(name)
    fields = {} if read is None else read(value)
    return fields | {"volume_discount": ZERO} if name == "price" else fields


def _promotion(order: Order, line: OrderLine, wanted: Decimal) -> Decimal:
    """Return what of a discount a promotion gives for a quantity, which it follows here."""
    before = line.wanted_quantity
    promotion: Decimal = line.promotion_discount
    if not promotion or not before or wanted == before:
        return promotion
    digits = minor_units(order.currency)
    return round_to(promotion * wanted / before, digits, Rounding(order.rounding))


_LINE: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "price": lambda value: {
        "unit_price": Decimal(value["amount"]),
        "price_quantity": Decimal(value["per"]),
    },
    "description": lambda value: {"description": value},
    "requested_on": lambda value: {"requested_on": _day(value)},
    "charge": lambda value: {"charge_amount": Decimal(value)},
    "tax_rate": lambda value: {"tax_rate": Decimal(value)},
}
