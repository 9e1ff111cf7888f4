"""HTML of the supply-chain system's page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from sandbox.json_fields import plain
from sandbox.pages import button, table
from sandbox.supply.modes import FLAGS, Cursor, ModeSettings, OnConflict
from sandbox.supply.records import Line, Order
from sandbox.supply.snapshots import money, price_text
from sandbox.supply.statuses import processing_status

POSTINGS = (
    ("Confirm", "confirm", ""),
    ("Pick", "pick", ""),
    ("Deliver", "deliver", ""),
    ("Deliver half", "deliver", "half"),
    ("Deliver 2 % too much", "deliver", "over"),
    ("Invoice", "invoice", ""),
    ("Invoice half", "invoice", "half"),
    ("Take back", "return", ""),
    ("Credit", "credit", ""),
)
"""The label, action and part of each button of an order that is open."""


def _input(name: str, value: str, label: str, key: str) -> str:
    return (
        f'<input name="{escape(name)}" value="{escape(value)}" id="{escape(f"{key}-{name}")}"'
        f' aria-label="{escape(label)}" placeholder="{escape(label)}">'
    )


def _form(action: str, inner: str) -> str:
    return (
        f'<form method="post" action="{escape(action)}"><div class="buttons">{inner}</div></form>'
    )


def new_order_form() -> str:
    """Render the form that enters an order with one line."""
    names = ("company", "currency", "customer", "item", "quantity", "price")
    inputs = "".join(_input(name, "", name.title(), "new") for name in names)
    return _form("/orders", inputs + button("Enter order", next_=True, key="new-order"))


def modes_form(modes: ModeSettings) -> str:
    """Render a button for each mode, which switches it."""
    buttons = [
        button(f"{name} {'off' if getattr(modes, name) else 'on'}", name, _other(modes, name))
        for name in FLAGS
    ]
    choices = [("on_conflict", str(each)) for each in OnConflict]
    choices += [("cursor", str(each)) for each in Cursor]
    buttons += [
        button(f"{name} {each}", name, each)
        for name, each in choices
        if each != getattr(modes, name)
    ]
    return _form("/modes", "".join(buttons))


def _other(modes: ModeSettings, name: str) -> str:
    return "" if getattr(modes, name) else "true"


def order_card(order: Order) -> str:
    """Render an order with its lines and the buttons of all that can be done with it."""
    word = processing_status(order.status, order.document_status)
    state = "Deleted" if order.is_deleted else word
    hold = '<p class="bad">On hold.</p>' if order.on_hold else ""
    known = f"knows version {order.knows}" if order.throughline_id else "not in Throughline yet"
    return (
        f'<article class="card" id="{order.id}"><div class="top">'
        f'<h3>{escape(order.number)}</h3><span class="chip">{state}</span>'
        f'<span class="soft">{escape(order.customer)} · {order.document_status}'
        f" · change {order.sequence}, {known}</span></div>{hold}"
        f"{_lines(order)}{_total(order)}{_actions(order)}</article>"
    )


def _total(order: Order) -> str:
    total = money(order.totals()["total"], order.digits)
    return f"<p>Total {total} {escape(order.currency)}</p>"


def _lines(order: Order) -> str:
    heads = ["#", "Goods", "#Wanted", "#Price", "#Amount", "#Delivered", "#Invoiced", "Change"]
    rows = (_line(order, line) for line in order.lines)
    return table(f"Lines of {order.number}", heads, rows, stack=True)


def _line(order: Order, line: Line) -> tuple[str, ...]:
    goods = f"{escape(line.description or line.item or line.category)}"
    return (
        str(line.line_number),
        f"{goods} <span class='soft'>{escape(line.item or line.category)}</span>",
        f"{plain(line.wanted)} {escape(line.unit)}",
        f"{price_text(line.price, order.digits)} / {plain(line.price_unit)}",
        money(line.amount(order.digits), order.digits),
        plain(line.delivered),
        plain(line.invoiced),
        "" if order.is_deleted or order.cancelled else _line_forms(order, line),
    )


def _line_forms(order: Order, line: Line) -> str:
    base = f"/orders/{order.id}/lines/{line.id}"
    numbers = ("quantity", "price", "discount", "discount_percent", "charge")
    inputs = "".join(
        _input(name, plain(getattr(line, name)), name.replace("_", " "), line.id)
        for name in numbers
    )
    unit = _input("unit", "", "Other unit", line.id) + _input("factor", "", "of how many", line.id)
    item = _input("item", "", "Other item", line.id)
    forms = (
        _form(f"{base}/edit", inputs + button("Save line")),
        _form(f"{base}/replace", item + button("Replace item")),
        _form(f"{base}/convert", unit + button("Convert unit")),
        _form(f"{base}/cancel", button("Cancel the rest")),
        _form(f"{base}/remove", button("Remove line")),
    )
    return f"<details><summary>Line {line.line_number}</summary>{''.join(forms)}</details>"


def _actions(order: Order) -> str:
    if order.is_deleted:
        return ""
    base = f"/orders/{order.id}"
    if order.cancelled:
        return "".join(_plain_forms(base, ("Reopen", "reopen"), ("Delete", "delete")))
    posting = "".join(
        _form(f"{base}/{action}", button(label, "part", part) if part else button(label))
        for label, action, part in POSTINGS
    )
    hold = ("Release", "release") if order.on_hold else ("Hold", "hold")
    more = "".join(_plain_forms(base, hold, ("Cancel", "cancel"), ("Delete", "delete")))
    return f'<div class="buttons">{posting}{more}</div>{_edit_forms(order, base)}'


def _plain_forms(base: str, *actions: tuple[str, str]) -> Iterable[str]:
    return (_form(f"{base}/{action}", button(label)) for label, action in actions)


def _edit_forms(order: Order, base: str) -> str:
    texts = ("customer_reference", "requested_ship_date", "requested_receipt_date")
    inputs = "".join(
        _input(name, getattr(order, name), name.replace("_", " "), order.id)
        for name in (*texts, "payment_terms")
    )
    inputs += "".join(
        _input(name, plain(getattr(order, name)), name.replace("_", " "), order.id)
        for name in ("header_discount", "header_charges")
    )
    line = "".join(
        _input(name, "", name.title(), f"{order.id}-line")
        for name in ("item", "category", "quantity", "unit", "price")
    )
    edit = _form(f"{base}/edit", inputs + button("Save order"))
    add = _form(f"{base}/add", line + button("Add line"))
    return f"<details><summary>Edit {escape(order.number)}</summary>{edit}{add}</details>"
