from __future__ import annotations

from django.apps import AppConfig


class CrmConfig(AppConfig):
    """Who we sell to: people, teams, accounts, leads, opportunities."""

    name = "crm"
    verbose_name = "Customers"
