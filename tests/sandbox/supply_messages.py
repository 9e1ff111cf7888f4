"""Messages that Throughline pushes to the supply-chain system, and what tests ask of it."""

from __future__ import annotations

from typing import Any

from tests.sandbox.throughline_stub import Client, Reply, event, signed

ORDER_ID = "0199f3c1-0000-7000-8000-000000000001"
FIRST, SECOND = "0199f3c1-0000-7000-8000-00000000000a", "0199f3c1-0000-7000-8000-00000000000b"
NUMBER = "O-2026-00042"
ID = "5637144577"
"""The id of the first order in the supply-chain system."""


def pushed_line(key: str = FIRST, item: str | None = "PEN", **values: Any) -> dict[str, Any]:
    """Return a line of a push: three at 20.00, 10.00 off in all."""
    return {
        "throughline_id": key,
        "item": item,
        "description": f"A {(item or 'service').lower()}",
        "unit": "pc",
        "quantity": "3",
        "price": "20.00",
        "discount": "3.33",
        "charge": "-0.01",
        "tax_rate": "0.19",
    } | values


def push_event(
    version: int = 1,
    *,
    lines: list[dict[str, Any]] | None = None,
    changes: list[str] | None = None,
    action: str = "changed",
    order_id: str = ORDER_ID,
    number: str = NUMBER,
    **head: Any,
) -> dict[str, Any]:
    """Return a push of an order; without ``lines`` it has one line."""
    order = {
        "throughline_id": order_id,
        "number": number,
        "version": version,
        "company": "USMF",
        "currency": "EUR",
        "customer": "C-001",
        "lines": [pushed_line()] if lines is None else lines,
    } | head
    data: dict[str, Any] = {"order": order}
    if changes is not None:
        data["changes"] = changes
    source = f"/orders/{order_id}"
    return event(f"order.{action}", data, source=source, subject=number, sequence=version)


def push(supply: Client, version: int = 1, **values: Any) -> Any:
    """Push an order, which must succeed; returns what was answered."""
    reply = supply.push(push_event(version, **values))
    assert reply.status == 200, reply.text
    return reply.json


def the_order(supply: Client) -> Any:
    """Read the first order."""
    return supply.get(f"/orders/{ID}")


def create(supply: Client, **values: Any) -> Any:
    """Enter an order as the clerk; returns it."""
    order = {
        "company": "USMF",
        "currency": "EUR",
        "customer": "C-001",
        "lines": [{"item": "PEN", "unit": "pc", "quantity": "10", "price": "12.00"}],
    } | values
    reply = supply.post("/orders", order)
    assert reply.status == 200, reply.text
    return reply.json


def act(supply: Client, order: Any, action: str, **values: Any) -> Any:
    """Run an action on an order, which must succeed; returns the order."""
    reply = supply.post(f"/orders/{order['id']}/{action}", values)
    assert reply.status == 200, reply.text
    return reply.json


def act_on_line(supply: Client, order: Any, action: str, place: int = 0, **values: Any) -> Any:
    """Run an action on a line, which must succeed; returns the order."""
    lot = order["lines"][place]["id"]
    reply = supply.post(f"/orders/{order['id']}/lines/{lot}/{action}", values)
    assert reply.status == 200, reply.text
    return reply.json


def refuse(supply: Client, path: str, **values: Any) -> tuple[int, str]:
    """Run an action that must be refused and change nothing; returns status and code."""
    before = supply.get("/orders"), supply.get("/documents"), len(supply.get("/outgoing"))
    reply = supply.post(path, values)
    after = supply.get("/orders"), supply.get("/documents"), len(supply.get("/outgoing"))
    assert after == before
    return reply.status, reply.json["code"]


def set_modes(supply: Client, **modes: Any) -> None:
    """Set modes, which must succeed."""
    reply = supply.post("/modes", modes)
    assert reply.status == 200, reply.text


def read_feed(supply: Client, since: str, limit: int = 100) -> Reply:
    """Read a page of the feed as Throughline does."""
    path = f"/orders?changed_since={since}&limit={limit}"
    return supply.ask("GET", path, headers=signed("feed_1", b""))


def read_page(supply: Client, since: str, limit: int = 100) -> Any:
    """Read a page of the feed, which must succeed."""
    reply = read_feed(supply, since, limit)
    assert reply.status == 200, reply.text
    return reply.json


def sent(supply: Client) -> list[tuple[str, Any]]:
    """Return the type and the data of every message that was queued."""
    return [(row["type"], row["data"]) for row in supply.get("/outgoing")]
