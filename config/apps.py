from __future__ import annotations

from django.apps import apps as installed
from django.contrib import admin
from django.contrib.admin import apps

UNUSED_GRANTS = ("AccessToken", "DeviceGrant", "Grant", "IDToken", "RefreshToken")
"""Rows of the OAuth toolkit that nobody looks at or changes by hand."""


class AdminConfig(apps.AdminConfig):
    """Django's admin, served by our own site."""

    default = False
    default_site = "config.admin_site.AdminSite"

    def ready(self) -> None:
        """Find the admin pages of all apps; the OAuth toolkit's own are left out."""
        super().ready()
        for name in UNUSED_GRANTS:
            model = installed.get_model("oauth2_provider", name)
            if admin.site.is_registered(model):
                admin.site.unregister(model)
