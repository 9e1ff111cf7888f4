"""Command ``first_load``: takes in all orders of a new connection."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from fulfilment.management.run_command import RunCommand
from fulfilment.models import ReconcileRun


class Command(RunCommand):
    """``manage.py first_load CONNECTION``; started again, it goes on where it was."""

    help = "Take in all orders that a new connection has, and send ours if that is wanted."
    purpose = ReconcileRun.Purpose.FIRST_LOAD

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the connection, and whether ours are sent."""
        super().add_arguments(parser)
        parser.add_argument(
            "--send-ours", action="store_true", help="send our open orders that they never got"
        )

    def options_of(self, options: dict[str, Any]) -> dict[str, bool]:
        """Return whether ours are sent."""
        return {"sends_ours": options["send_ours"]}
