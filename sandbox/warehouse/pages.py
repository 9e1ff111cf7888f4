"""HTML of the warehouse's page."""

from __future__ import annotations

from html import escape

from sandbox.json_fields import plain
from sandbox.pages import button, table
from sandbox.warehouse.records import Line, Order, Shipment
from sandbox.warehouse.shipping import next_step

BUTTON_LABELS = {
    "accepted": "Accept",
    "picked": "Pick",
    "packed": "Pack",
    "shipped": "Ship",
    "delivered": "Report delivery",
}


def order_card(order: Order) -> str:
    """Render an order with its lines, shipments and the buttons of its next step."""
    account = order.snapshot.get("account") or {}
    hold = f'<p class="bad">On hold. {escape(order.hold_reason)}</p>' if order.held else ""
    return (
        f'<article class="card" id="{order.reference}"><div class="top">'
        f"<h3>{order.reference}</h3><span>{escape(order.number)} version {order.version}</span>"
        f'<span class="chip">{order.state}</span>'
        f'<span class="soft">{escape(str(account.get("name", "")))}</span></div>{hold}'
        f'<form method="post" action="/orders/{order.reference}/report">'
        f"{_lines(order)}{_buttons(order)}</form>{_shipments(order)}</article>"
    )


def _lines(order: Order) -> str:
    step = next_step(order)
    asks_quantity = step is not None and step.status == "shipped" and bool(order.open_quantities)
    heads = ["Line", "Goods", "#Ordered", "#Shipped", "#Ship now" if asks_quantity else "#Open"]
    rows = (_line(line, asks_quantity) for line in order.lines.values())
    return table(f"Lines of {order.reference}", heads, rows)


def _line(line: Line, asks_quantity: bool) -> tuple[str, ...]:
    label = f"Ship now of {line.sku or line.description}"
    cell = plain(line.open)
    if asks_quantity and line.open > 0:
        cell = (
            f'<input name="quantity-{escape(line.order_line)}" value="{cell}"'
            f' id="quantity-{escape(line.order_line)}"'
            f' inputmode="decimal" aria-label="{escape(label)}">'
        )
    goods = f"{escape(line.description)} <span class='soft'>{escape(line.sku)}</span>"
    ordered = f"{plain(line.ordered)} {escape(line.unit)}"
    return str(line.position), goods, ordered, plain(line.shipped), cell


def _buttons(order: Order) -> str:
    step = next_step(order)
    if step is None:
        return ""
    key = f"next-{order.reference}"
    buttons = button(BUTTON_LABELS[step.status], "status", step.status, next_=True, key=key)
    if step.status == "shipped" and order.shipments_in("shipped"):
        key = f"delivered-{order.reference}"
        buttons += button(BUTTON_LABELS["delivered"], "status", "delivered", key=key)
    return f'<div class="buttons">{buttons}</div>'


def _shipments(order: Order) -> str:
    if not order.shipments:
        return ""
    items = "".join(f"<li>{_shipment(order, shipment)}</li>" for shipment in order.shipments)
    return f'<ul aria-label="Shipments of {order.reference}">{items}</ul>'


def _shipment(order: Order, shipment: Shipment) -> str:
    goods = ", ".join(
        f"{plain(quantity)} × {escape(order.lines[key].sku or order.lines[key].description)}"
        for key, quantity in shipment.lines.items()
    )
    carrier = f" with {escape(shipment.carrier)} {escape(shipment.tracking)}"
    carrier = carrier if shipment.carrier else ""
    return f"{shipment.shipment_ref} {shipment.status}{carrier}: {goods}"
