"""Command ``handoff_metrics``: prints metrics and alerts of connections."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fulfilment.monitoring.alerts import alerts_for
from fulfilment.monitoring.metrics import as_prometheus, collect_metrics


class Command(BaseCommand):
    """Print the metrics for people or Prometheus; with ``--check`` fail while there are alerts."""

    help = "Show metrics and alerts of the connections to external systems."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--prometheus", action="store_true", help="write Prometheus' format")
        parser.add_argument("--check", action="store_true", help="fail while there are alerts")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        measured = collect_metrics()
        if options["prometheus"]:
            self.stdout.write(as_prometheus(measured), ending="")
            return
        for each in measured:
            self.stdout.write(
                f"{each.name}: {each.waiting} waiting, oldest {each.oldest_seconds:.0f} s, "
                f"{each.needs_attention} need attention, {each.discrepancies} discrepancies"
            )
        alerts = alerts_for(measured)
        for alert in alerts:
            self.stdout.write(f"{alert.severity}: {alert.text}")
        if options["check"] and alerts:
            raise CommandError(f"{len(alerts)} alerts")
