"""``manage.py demo``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from crm.models import Lead
from demo.personas import CAMILLE, PASSWORD, PROSPECTS
from demo.ports import Wish, choose_ports
from demo.programs import House, programs_of
from demo.run_lock import alone_in
from demo.running import (
    hush_logs,
    plainly,
    refuse_production,
    say,
    serve_until_stopped,
    stop_on_signals,
)
from demo.sample_data import fill_everything
from demo.sign_ins import print_sign_ins
from demo.story import play
from demo.supervisor import Supervisor
from demo.wiring import Addresses


class Command(BaseCommand):
    """Runs everything with sample data until stopped."""

    help = "Sample data, the whole story played live, then serve until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--port", type=int, help="of the web pages (8000)")
        parser.add_argument("--warehouse-port", type=int, help="of the warehouse (8101)")
        parser.add_argument("--erp-port", type=int, help="of the ERP (8102)")
        parser.add_argument("--no-story", action="store_true", help="serve at once")

    def handle(self, *args: Any, **options: Any) -> None:
        """Fill, start, tell, serve."""
        stop_on_signals()
        hush_logs()
        folder = settings.VAR_DIR / "demo"
        with plainly(), alone_in(folder, "The demo") as lock:
            refuse_production()
            house = _house(folder, options)
            _fill(house)
            with Supervisor(settings.VAR_DIR / "log", lock) as run:
                run.start(programs_of(house))
                if not options["no_story"]:
                    _tell(house)
                _print_doors(house)
                serve_until_stopped(run)


def _house(folder: Path, options: dict[str, Any]) -> House:
    web, warehouse, erp = choose_ports(
        [
            Wish("--port (make demo PORT=8010)", options["port"], 8000),
            Wish("--warehouse-port", options["warehouse_port"], 8101),
            Wish("--erp-port", options["erp_port"], 8102),
        ]
    )
    return House(web, warehouse, erp, folder, settings.REDIS_URL)


def _fill(house: House) -> None:
    call_command("migrate", verbosity=0)
    started = time.monotonic()
    added = fill_everything(Addresses(house.warehouse, house.erp))
    seconds = time.monotonic() - started
    say(f"Sample data added in {seconds:.1f} s." if added else "The sample data is there already.")


def _tell(house: House) -> None:
    """Play the story with somebody who has not asked yet, or with the first one again."""
    known = set(Lead.objects.values_list("email", flat=True))
    newcomers = [prospect for prospect in PROSPECTS if prospect.email not in known]
    prospect = (newcomers or PROSPECTS)[0]
    say("\nThe story, played through the public doors:\n")
    official = play(house, say, email=CAMILLE.email, password=PASSWORD, prospect=prospect)
    say(f"    official invoice number {official}")


def _print_doors(house: House) -> None:
    say(f"\n  Throughline   {house.web}/")
    say(f"  Warehouse     {house.warehouse}/   play the clerk: pick, pack, ship")
    say(f"  ERP           {house.erp}/   play the bookkeeper: post, take payments")
    say(f"  Admin         {house.web}/admin/\n")
    print_sign_ins(say)
    say(f"\nLogs are in {settings.VAR_DIR / 'log'}. Ctrl-C stops everything.")
