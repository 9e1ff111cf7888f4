"""Command ``import_exchange_rates``: imports exchange rates from an XML or CSV file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import DomainError
from sales.services.prices.exchange_rate_import import ECB_BASE, import_rates


class Command(BaseCommand):
    """Reads the European Central Bank's XML file or a CSV file; a wrong line stops all of it."""

    help = (
        "Import exchange rates from the European Central Bank's file (eurofxref-daily.xml or "
        "eurofxref-hist-90d.xml) or from a CSV file with the columns date,currency,rate."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, and what the rates of a CSV file are quoted against."""
        parser.add_argument("file", help="the file to read, or - for standard input")
        parser.add_argument(
            "--base",
            default=ECB_BASE,
            help="the currency that one unit of is quoted, for CSV files (default: EUR)",
        )

    def handle(self, *args: Any, file: str, base: str, **options: Any) -> None:
        """Import, and print what changed."""
        try:
            done = import_rates(self._read(file), base=base.upper())
        except DomainError as error:
            raise CommandError(f"{file}: {error} Nothing was imported.") from error
        days = f"{done.first}" if done.first == done.last else f"{done.first} to {done.last}"
        self.stdout.write(
            f"Exchange rates of {days}: "
            f"{done.added} new, {done.changed} changed, {done.unchanged} unchanged."
        )

    def _read(self, file: str) -> bytes:
        if file == "-":
            return sys.stdin.buffer.read()
        try:
            return Path(file).read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
