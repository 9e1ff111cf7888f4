from __future__ import annotations

from django.apps import AppConfig


class SalesConfig(AppConfig):
    """Catalogue, prices, quotes, orders, invoices."""

    name = "sales"
    verbose_name = "Sales"

    def ready(self) -> None:
        """Register the checks of `manage.py verify`."""
        from sales.services.integrity import checks

        checks.register()
