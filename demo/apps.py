"""The demo app: sample data, the story and the demo; it may import everything."""

from __future__ import annotations

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """App configuration of the demo."""

    name = "demo"
    verbose_name = "Demo"
