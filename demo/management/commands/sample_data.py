"""``manage.py sample_data``: loads the sample data into an empty database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demo.command_line import errors_as_messages, print_line, reduce_logging, refuse_production
from demo.connections import Addresses
from demo.sample_data import load_basics, load_everything
from demo.sign_ins import print_sign_ins


class Command(BaseCommand):
    """Loads half a year of a sales team."""

    help = "Load sample data: half a year of a sales team. A second run adds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--basics", action="store_true", help="only people, catalogue, prices and connections"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Add what is missing and print how to sign in."""
        reduce_logging()
        with errors_as_messages():
            refuse_production()
            if options["basics"]:
                load_basics(Addresses())
            elif not load_everything(Addresses()):
                print_line("The sample data is already there.")
            print_sign_ins()
