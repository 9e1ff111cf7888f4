from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    """Catalogue, prices, quotes, orders, invoices."""

    name = "sales"
    verbose_name = _("Sales")

    def ready(self) -> None:
        """Register the checks of `manage.py verify`."""
        from sales.services.integrity import checks, settlement_checks

        checks.register()
        settlement_checks.register()
