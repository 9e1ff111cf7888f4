"""Command ``reconcile``: compares the orders of a connection now, and repairs what was lost."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from fulfilment.management.run_command import RunCommand
from fulfilment.models import ReconcileRun


class Command(RunCommand):
    """``manage.py reconcile CONNECTION``; workers do the same every night."""

    help = "Compare the orders of a connection, and repair what was lost."
    purpose = ReconcileRun.Purpose.ON_DEMAND

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the connection, and whether all is read."""
        super().add_arguments(parser)
        parser.add_argument(
            "--whole", action="store_true", help="read all their orders, not only what changed"
        )

    def options_of(self, options: dict[str, Any]) -> dict[str, bool]:
        """Return whether all is read."""
        return {"whole": options["whole"]}
