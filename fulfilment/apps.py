from __future__ import annotations

from django.apps import AppConfig


class FulfilmentConfig(AppConfig):
    """The outside world: connections, handoffs, shipments, messages that come in."""

    name = "fulfilment"
    verbose_name = "Fulfilment"

    def ready(self) -> None:
        """Listen to what happens in sales, connect the bell that wakes the workers, and verify."""
        from fulfilment import tasks
        from fulfilment.monitoring import checks
        from fulfilment.outbound import fan_out
        from fulfilment.services import wakeups
        from sales.services import events

        events.on_event(fan_out.fan_out)
        wakeups.connect(tasks.wake_workers)
        checks.register()
