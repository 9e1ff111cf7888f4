from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    """Catalogue, prices, quotes, orders, invoices."""

    name = "sales"
    verbose_name = _("Sales")

    def ready(self) -> None:
        """Register the checks of `manage.py verify`."""
        from sales.services.integrity import (
            advance_checks,
            billing_checks,
            checks,
            history_checks,
            ledger_checks,
            price_checks,
            quote_checks,
            settlement_checks,
        )

        for module in (
            checks,
            settlement_checks,
            price_checks,
            quote_checks,
            billing_checks,
            advance_checks,
            ledger_checks,
            history_checks,
        ):
            module.register()
