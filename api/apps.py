from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    """REST API of partners: views, schemas, problem+json, OpenAPI and AsyncAPI."""

    name = "api"
    verbose_name = _("API")
