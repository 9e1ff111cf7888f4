from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CrmConfig(AppConfig):
    """Users, teams, accounts, contacts, leads, opportunities and activities."""

    name = "crm"
    verbose_name = _("Customers")
