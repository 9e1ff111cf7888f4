from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FulfilmentConfig(AppConfig):
    """External systems: connections, handoffs, shipments, inbound messages."""

    name = "fulfilment"
    verbose_name = _("Fulfilment")

    def ready(self) -> None:
        """Plug outbox and number prefixes into sales, connect the wake-up, register the checks."""
        from fulfilment import tasks
        from fulfilment.monitoring import checks
        from fulfilment.outbound import fan_out
        from fulfilment.services import prefixes as prefixes_there
        from fulfilment.services import wakeups
        from sales.services import events
        from sales.services.documents import prefixes

        events.on_event(fan_out.fan_out)
        prefixes.add_prefixes(prefixes_there.prefixes_of_connections)
        wakeups.connect(tasks.wake_workers)
        checks.register()
