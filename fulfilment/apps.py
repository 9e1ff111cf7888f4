from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FulfilmentConfig(AppConfig):
    """External systems: connections, handoffs, shipments, inbound messages."""

    name = "fulfilment"
    verbose_name = _("Fulfilment")

    def ready(self) -> None:
        """Plug the outbox into sales events, connect the worker wake-up, register the checks."""
        from fulfilment import tasks
        from fulfilment.monitoring import checks
        from fulfilment.outbound import fan_out
        from fulfilment.services import wakeups
        from sales.services import events

        events.on_event(fan_out.fan_out)
        wakeups.connect(tasks.wake_workers)
        checks.register()
