from __future__ import annotations

from django.apps import AppConfig


class CrmConfig(AppConfig):
    """Users, teams, accounts, contacts, leads, opportunities and activities."""

    name = "crm"
    verbose_name = "Customers"
