from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    """The outside world: connections, handoffs, shipments, messages that come in."""

    name = "fulfilment"
    verbose_name = "Fulfilment"

    def ready(self) -> None:
        """Listen to what happens in sales, connect the bell that wakes the workers, and verify."""
        events = import_module("sales.services.events")
        fan_out = import_module("fulfilment.services.fan_out")
        nudges = import_module("fulfilment.services.nudges")
        tasks = import_module("fulfilment.tasks")
        events.on_event(fan_out.fan_out)
        nudges.connect(tasks.wake_workers)
        import_module("fulfilment.services.checks").register()
