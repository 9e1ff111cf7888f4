"""``manage.py sample_data``."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demo.running import hush_logs, plainly, refuse_production, say
from demo.sample_data import fill_basics, fill_everything
from demo.sign_ins import print_sign_ins
from demo.wiring import Addresses


class Command(BaseCommand):
    """Fills an empty database with a sales team's half year."""

    help = "Add sample data: a sales team's half year. A second run adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--basics", action="store_true", help="only people, catalogue, prices and connections"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add what is missing and print how to sign in."""
        hush_logs()
        with plainly():
            refuse_production()
            if options["basics"]:
                fill_basics(Addresses())
            elif not fill_everything(Addresses()):
                say("The sample data is there already.")
            print_sign_ins(say)
