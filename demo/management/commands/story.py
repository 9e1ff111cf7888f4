"""``manage.py story``: one lead becomes an official invoice, headless, on a temporary database."""

from __future__ import annotations

import shutil
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from demo.command_line import (
    errors_as_messages,
    print_line,
    reduce_logging,
    refuse_production,
    stop_on_signals,
)
from demo.personas import CAMILLE, PASSWORD, PROSPECTS
from demo.ports import PortRequest, choose_ports
from demo.programs import Deployment, addresses_of, programs_for
from demo.run_lock import run_lock
from demo.sample_data import load_for_story
from demo.story import run_story
from demo.supervisor import Supervisor
from demo.temporary_database import broker_url_for, database_name_for, temporary_database


class Command(BaseCommand):
    """Takes one lead to its official invoice number."""

    help = "Take one lead to its official invoice number, headless, on a temporary database."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create a database, start the programs, run the story, and remove everything."""
        stop_on_signals()
        reduce_logging()
        started = time.monotonic()
        folder = settings.VAR_DIR / "story"
        with errors_as_messages(stopped=130), run_lock(folder, "The story") as lock:
            refuse_production()
            stores = folder / "stores"
            shutil.rmtree(stores, ignore_errors=True)
            stores.mkdir()
            name, broker = database_name_for("throughline_story", folder), broker_url_for(folder)
            with temporary_database(name) as database, Supervisor(folder / "log", lock) as run:
                any_port = PortRequest("", None, 0)
                web, warehouse, erp, supply = choose_ports([any_port] * 4)
                environment = {"DATABASE_URL": database, "REDIS_URL": broker}
                deployment = Deployment(web, warehouse, erp, supply, stores, broker, environment)
                call_command("migrate", verbosity=0)
                load_for_story(addresses_of(deployment))
                run.start(programs_for(deployment))
                official = run_story(
                    deployment,
                    print_line,
                    email=CAMILLE.email,
                    password=PASSWORD,
                    prospect=PROSPECTS[0],
                )
            print_line(f"official invoice number {official}   ({time.monotonic() - started:.0f} s)")
