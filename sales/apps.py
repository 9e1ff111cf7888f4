from __future__ import annotations

from django.apps import AppConfig


class SalesConfig(AppConfig):
    """What we promise and bill: catalogue, quotes, orders, invoices."""

    name = "sales"
    verbose_name = "Sales"
