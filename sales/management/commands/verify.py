"""Command ``verify``: recomputes every derived figure, and prints each that differs."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sales.models.document_kinds import DOCUMENT_KINDS
from sales.services.integrity.verification import verify


class Command(BaseCommand):
    """Recompute prices, taxes, sums, quantities and statuses; compare rows with their history."""

    help = (
        "Recomputes prices, taxes, sums, quantities, statuses, payments and numbers of every "
        "document, and compares every row with its history. "
        "Prints one line per difference and exits with 1 if there is any."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, print, and fail if anything differs."""
        started = time.monotonic()
        found = verify()
        for name, differences in found.items():
            for difference in differences:
                self.stdout.write(f"{difference} [{name}]")
        seconds = time.monotonic() - started
        count = sum(len(differences) for differences in found.values())
        rows = ", ".join(
            f"{kind.model._default_manager.count()} {kind.url_word}" for kind in DOCUMENT_KINDS
        )
        checked = f"{len(found)} checks over {rows} in {seconds:.1f} s"
        if count:
            raise CommandError(f"{count} differences; {checked}.", returncode=1)
        self.stdout.write(f"No differences; {checked}.")
