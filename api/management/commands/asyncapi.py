"""Command ``asyncapi``: writes the AsyncAPI description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from drf_spectacular.renderers import OpenApiYamlRenderer

from api.asyncapi import describe


class Command(BaseCommand):
    """``manage.py asyncapi --file docs/asyncapi.yaml``."""

    help = "Write the AsyncAPI 3 description of all outgoing and incoming messages."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--file", type=Path, help="file to write; without it, standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the description."""
        text: str = OpenApiYamlRenderer().render(describe()).decode()  # type: ignore[no-untyped-call]  # untyped there
        if options["file"] is None:
            self.stdout.write(text)
        else:
            options["file"].write_text(text, encoding="utf-8")
