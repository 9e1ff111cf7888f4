from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class SalesConfig(AppConfig):
    """What we promise and bill: catalogue, quotes, orders, invoices."""

    name = "sales"
    verbose_name = "Sales"

    def ready(self) -> None:
        """Say what `manage.py verify` has to look at."""
        import_module("sales.services.checks").register()
