"""Prints how the handoffs are doing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fulfilment.monitoring.metrics import as_prometheus, raise_alerts, take_vitals


class Command(BaseCommand):
    """Print the handoff metrics: for people, for Prometheus, or as a check that fails on alerts."""

    help = "Show what waits for other systems and what somebody should look at."

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the options."""
        parser.add_argument("--prometheus", action="store_true", help="write Prometheus' format")
        parser.add_argument("--check", action="store_true", help="fail while there are alerts")

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print."""
        vitals = take_vitals()
        if options["prometheus"]:
            self.stdout.write(as_prometheus(vitals), ending="")
            return
        for each in vitals:
            self.stdout.write(
                f"{each.name}: {each.waiting} waiting, oldest {each.oldest_seconds:.0f} s, "
                f"{each.needs_attention} need a person, {each.discrepancies} differences"
            )
        alerts = raise_alerts(vitals)
        for alert in alerts:
            self.stdout.write(f"{alert.severity}: {alert.text}")
        if options["check"] and alerts:
            raise CommandError(f"{len(alerts)} alerts")
