from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FulfilmentConfig(AppConfig):
    """External systems: connections, handoffs, shipments, inbound messages."""

    name = "fulfilment"
    verbose_name = _("Fulfilment")

    def ready(self) -> None:
        """Plug what sales asks of us into it, connect the wake-up, register the checks."""
        from fulfilment import tasks
        from fulfilment.inbound import credit_effects, overbilled
        from fulfilment.monitoring import checks
        from fulfilment.outbound import fan_out
        from fulfilment.services import prefixes as prefixes_there
        from fulfilment.services import wakeups
        from fulfilment.services.order_sync import kept_fields
        from sales.services import events
        from sales.services.documents import prefixes
        from sales.services.prices import price_rules

        events.on_event(fan_out.fan_out)
        events.on_event(credit_effects.show_left_to_credit)
        events.on_event(overbilled.update_overbilled)
        prefixes.add_prefixes(prefixes_there.prefixes_of_connections)
        price_rules.add_price_keeper(kept_fields.price_keeper)
        wakeups.connect(tasks.wake_workers)
        checks.register()
