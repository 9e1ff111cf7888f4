"""Writes docs/asyncapi.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from drf_spectacular.renderers import OpenApiYamlRenderer

from api.asyncapi import describe


class Command(BaseCommand):
    """``manage.py asyncapi --file docs/asyncapi.yaml``."""

    help = "Describe every message that leaves or comes in, as AsyncAPI 3."

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the options."""
        parser.add_argument("--file", type=Path, help="where to write; otherwise to the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the document."""
        text: str = OpenApiYamlRenderer().render(describe()).decode()  # type: ignore[no-untyped-call]  # untyped there
        if options["file"] is None:
            self.stdout.write(text)
        else:
            options["file"].write_text(text, encoding="utf-8")
