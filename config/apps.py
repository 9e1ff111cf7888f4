from __future__ import annotations

from django.contrib.admin import apps


class AdminConfig(apps.AdminConfig):
    """Django's admin, served by our own site."""

    default = False
    default_site = "config.admin_site.AdminSite"
