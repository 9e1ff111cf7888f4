"""``manage.py story``."""

from __future__ import annotations

import shutil
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from demo.fresh_database import broker_beside, fresh_database, name_beside
from demo.personas import CAMILLE, PASSWORD, PROSPECTS
from demo.ports import Wish, choose_ports
from demo.programs import House, programs_of
from demo.run_lock import alone_in
from demo.running import hush_logs, plainly, refuse_production, say, stop_on_signals
from demo.sample_data import fill_basics
from demo.story import play
from demo.supervisor import Supervisor
from demo.wiring import Addresses


class Command(BaseCommand):
    """Takes one lead to its official invoice number on a fresh database."""

    help = "A lead becomes an official invoice, headless, on a fresh database."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the place, play, and leave nothing behind."""
        stop_on_signals()
        hush_logs()
        started = time.monotonic()
        folder = settings.VAR_DIR / "story"
        with plainly(stopped=130), alone_in(folder, "The story") as lock:
            refuse_production()
            stores = folder / "stores"
            shutil.rmtree(stores, ignore_errors=True)
            stores.mkdir()
            name, broker = name_beside("throughline_story", folder), broker_beside(folder)
            with fresh_database(name) as database, Supervisor(folder / "log", lock) as run:
                web, warehouse, erp = choose_ports([Wish("", None, 0) for _ in range(3)])
                environment = {"DATABASE_URL": database, "REDIS_URL": broker}
                house = House(web, warehouse, erp, stores, broker, environment)
                call_command("migrate", verbosity=0)
                fill_basics(Addresses(house.warehouse, house.erp))
                run.start(programs_of(house))
                official = play(
                    house, say, email=CAMILLE.email, password=PASSWORD, prospect=PROSPECTS[0]
                )
            say(f"official invoice number {official}   ({time.monotonic() - started:.0f} s)")
