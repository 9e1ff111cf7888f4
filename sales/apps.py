from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SalesConfig(AppConfig):
    """Catalogue, prices, quotes, orders, invoices."""

    name = "sales"
    verbose_name = _("Sales")

    def ready(self) -> None:
        """Register the checks of `manage.py verify`."""
<<<<<<< HEAD
        from sales.services.integrity import checks, settlement_checks

        checks.register()
        settlement_checks.register()
=======
        from sales.services.integrity import (
            billing_checks,
            checks,
            history_checks,
            ledger_checks,
            price_checks,
            quote_checks,
        )

        for module in (
            checks,
            price_checks,
            quote_checks,
            billing_checks,
            ledger_checks,
            history_checks,
        ):
            module.register()
>>>>>>> 66b4bfa (Compare every row with its history, every line with its price and every part with its order)
