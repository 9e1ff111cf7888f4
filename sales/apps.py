from __future__ import annotations

from django.apps import AppConfig


class SalesConfig(AppConfig):
    """What we promise and bill: catalogue, quotes, orders, invoices."""

    name = "sales"
    verbose_name = "Sales"

    def ready(self) -> None:
        """Say what `manage.py verify` has to look at."""
        from sales.services.integrity import checks

        checks.register()
