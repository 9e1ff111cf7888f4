"""Base of the commands that compare or load the orders of a connection."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import DomainError
from fulfilment.models import Connection, ReconcileRun
from fulfilment.reconciliation.runs import continue_runs, start_run

WAIT_SECONDS = 1.0


class RunCommand(BaseCommand):
    """Starts a run, or goes on with the one under way, until it has ended."""

    purpose: ReconcileRun.Purpose

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the connection."""
        parser.add_argument("connection", help="its code")

    def handle(self, *args: Any, connection: str, **options: Any) -> None:
        """Run to the end; a problem ends the command, and workers go on once it is mended."""
        run = self._run(connection, **self.options_of(options))
        shown = ""
        while run.ended_at is None:
            if not continue_runs(only=run.pk):
                time.sleep(WAIT_SECONDS)
            run.refresh_from_db()
            if run.problem:
                raise CommandError(run.display_problem)
            if (line := self._line(run)) != shown:
                shown = line
                self.stdout.write(line)

    def options_of(self, options: dict[str, Any]) -> dict[str, bool]:
        """Return what the command's own options mean for its run."""
        return {}

    def _run(self, code: str, **options: bool) -> ReconcileRun:
        connection = Connection.objects.filter(code=code).first()
        if connection is None:
            raise CommandError(f"There is no connection {code}.")
        under_way = connection.runs.filter(ended_at__isnull=True, purpose=self.purpose).first()
        try:
            return under_way or start_run(connection, self.purpose, **options)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _line(self, run: ReconcileRun) -> str:
        if run.ended_at is None:
            if run.looks_again_at is None:
                return f"{run.read_count} orders read, at {run.cursor} of {run.latest}."
            return "What did not agree is looked at again after a pause of two minutes."
        ceiling = f" Stopped after {run.most_repairs} repairs." if run.reached_ceiling else ""
        return (
            f"{run.read_count} orders read: {run.agree} agree, {run.taken_in} taken in, "
            f"{run.sent_again} sent again, {run.in_flight} in flight, {run.differs} differ, "
            f"{run.missing_here} missing here, {run.missing_there} missing there.{ceiling}"
        )
