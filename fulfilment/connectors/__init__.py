"""Connectors: one module per kind of external system; the only code that uses an HTTP client."""

from __future__ import annotations

from collections.abc import Callable

from fulfilment.connectors.base import Connector, Message, Record, Reply, Target
from fulfilment.connectors.webhook import WebhookConnector

KINDS: dict[str, Callable[[Target], Connector]] = {
    "webhook": WebhookConnector,
    "supply": WebhookConnector,
}
"""The connector class of each ``Connection.Kind``."""


def connect(target: Target) -> Connector:
    """Make the connector for an external system."""
    return KINDS[target.kind](target)


__all__ = ["Connector", "Message", "Record", "Reply", "Target", "connect"]
