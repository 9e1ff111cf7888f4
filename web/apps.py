from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The browser UI of sales reps: pages, forms, list filters, template tags."""

    name = "web"
