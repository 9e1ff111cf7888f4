from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Sample data, the story and the demo; imports everything, and nothing imports it."""

    name = "demo"
    verbose_name = "Demo"
