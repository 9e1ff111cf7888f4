"""Connectors: one module per kind of external system; the only code that uses an HTTP client."""

from __future__ import annotations

from collections.abc import Callable

from fulfilment.connectors.base import (
    ChangesPage,
    Connector,
    Message,
    OrderReader,
    Record,
    Reply,
    Target,
)
from fulfilment.connectors.supply import SupplyConnector
from fulfilment.connectors.webhook import WebhookConnector

KINDS: dict[str, Callable[[Target], Connector]] = {
    "webhook": WebhookConnector,
    "supply": SupplyConnector,
}
"""The connector class of each ``Connection.Kind``."""

READERS: dict[str, Callable[[Target], OrderReader]] = {"supply": SupplyConnector}
"""The connector class of each kind whose orders can be read."""


def connect(target: Target) -> Connector:
    """Make the connector for an external system."""
    return KINDS[target.kind](target)


def open_reader(target: Target) -> OrderReader:
    """Make the connector for a system whose orders can be read."""
    return READERS[target.kind](target)


__all__ = [
    "ChangesPage",
    "Connector",
    "Message",
    "OrderReader",
    "Record",
    "Reply",
    "Target",
    "connect",
    "open_reader",
]
