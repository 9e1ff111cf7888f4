"""Command ``after_restore``: lets the event feed continue in a database restored from a backup."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.core.management.base import BaseCommand

from sales.models import SalesEvent


class Command(BaseCommand):
    """Resets transaction ids: another cluster counts anew, and readers would wait for old ids."""

    help = "Run once after restoring a backup: lets readers of the event feed go on."

    def handle(self, *args: Any, **options: Any) -> None:
        """Sort all restored events before those to come."""
        with pgtrigger.ignore("sales.SalesEvent:append_only"):
            count = SalesEvent.objects.exclude(xid=0).update(xid=0)
        self.stdout.write(f"{count} events settled.")
