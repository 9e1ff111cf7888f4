"""``manage.py demo``: loads the sample data, runs the story, then serves until Ctrl-C."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from common.command_line import whole_number
from crm.models import Lead
from demo.command_line import (
    errors_as_messages,
    print_line,
    reduce_logging,
    refuse_production,
    serve_until_stopped,
    stop_on_signals,
)
from demo.personas import CAMILLE, PASSWORD, PROSPECTS
from demo.ports import PortRequest, choose_ports
from demo.programs import Deployment, addresses_of, programs_for
from demo.run_lock import run_lock
from demo.sample_data import load_everything
from demo.sign_ins import print_partner, print_sign_ins
from demo.story import run_story
from demo.supervisor import Supervisor


class Command(BaseCommand):
    """Runs all programs with sample data until stopped."""

    help = "Load the sample data, run the story live, then serve until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--port", type=whole_number, help="port of the browser UI (8000)")
        parser.add_argument(
            "--warehouse-port", type=whole_number, help="port of the warehouse (8101)"
        )
        parser.add_argument("--erp-port", type=whole_number, help="port of the ERP (8102)")
        parser.add_argument(
            "--supply-port", type=whole_number, help="port of the supply-chain system (8103)"
        )
        parser.add_argument(
            "--no-story", action="store_true", help="serve without running the story"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, start, run the story, serve."""
        stop_on_signals()
        reduce_logging()
        folder = settings.VAR_DIR / "demo"
        with errors_as_messages(), run_lock(folder, "The demo") as lock:
            refuse_production()
            deployment = _deployment(folder, options)
            _load(deployment)
            with Supervisor(settings.VAR_DIR / "log", lock) as run:
                run.start(programs_for(deployment))
                if not options["no_story"]:
                    _run_story(deployment)
                _print_addresses(deployment)
                serve_until_stopped(run)


def _deployment(folder: Path, options: dict[str, Any]) -> Deployment:
    web, warehouse, erp, supply = choose_ports(
        [
            PortRequest("--port (make demo PORT=8010)", options["port"], 8000),
            PortRequest("--warehouse-port", options["warehouse_port"], 8101),
            PortRequest("--erp-port", options["erp_port"], 8102),
            PortRequest("--supply-port", options["supply_port"], 8103),
        ]
    )
    return Deployment(web, warehouse, erp, supply, folder, settings.REDIS_URL)


def _load(deployment: Deployment) -> None:
    call_command("migrate", verbosity=0)
    started = time.monotonic()
    added = load_everything(addresses_of(deployment))
    seconds = time.monotonic() - started
    print_line(
        f"Sample data added in {seconds:.1f} s." if added else "The sample data is already there."
    )


def _run_story(deployment: Deployment) -> None:
    """Run the story with a prospect who is not a lead yet, or with the first one again."""
    known = set(Lead.objects.values_list("email", flat=True))
    unused = [prospect for prospect in PROSPECTS if prospect.email not in known]
    prospect = (unused or PROSPECTS)[0]
    print_line("\nThe story, through the public pages and APIs only:\n")
    official = run_story(
        deployment, print_line, email=CAMILLE.email, password=PASSWORD, prospect=prospect
    )
    print_line(f"    official invoice number {official}")


def _print_addresses(deployment: Deployment) -> None:
    print_line(f"\n  Throughline   {deployment.web}/")
    print_line(f"  Warehouse     {deployment.warehouse}/   pick, pack and ship as the clerk")
    print_line(f"  ERP           {deployment.erp}/   post and take payments as the bookkeeper")
    print_line(f"  Supply chain  {deployment.supply}/   edit what both sides edit, as its clerk")
    print_line(f"  Admin         {deployment.web}/admin/\n")
    print_sign_ins()
    print_partner(deployment.web)
    print_line(f"\nLogs are in {settings.VAR_DIR / 'log'}. Ctrl-C stops everything.")
