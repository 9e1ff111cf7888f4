from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """REST API of partners: views, schemas, problem+json, OpenAPI and AsyncAPI."""

    name = "api"
    verbose_name = "API"
