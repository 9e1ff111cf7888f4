from __future__ import annotations

from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    """The outside world: connections, handoffs, shipments, messages that come in."""

    name = "fulfilment"
    verbose_name = "Fulfilment"
