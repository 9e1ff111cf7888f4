"""The handoff desk at the command line, for operators."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from common.errors import DomainError
from crm.actors import System
from fulfilment.models import Connection, Handoff, Secret
from fulfilment.outbound.connection_test import send_test_message
from fulfilment.outbound.handoff_actions import (
    replay_all,
    replay_handoff,
    sent_between,
    settle_handoff,
    skip_handoff,
    stuck_like,
)
from fulfilment.outbound.payload_diff import preview_replay
from fulfilment.services.connections import pause_connection, resume_connection, rotate_secret

OPERATOR = System("Operator at the command line")
SHOWN = 50


class Command(BaseCommand):
    """``manage.py handoffs list|replay|window|skip|settle|pause|resume|rotate|test``."""

    help = "Look at handoffs and mend what cannot go on by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        """Describe the verbs and what each needs."""
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="what needs a person, grouped by cause")
        replay = verbs.add_parser("replay", help="send one again, or all stuck for one cause")
        replay.add_argument("handoff", nargs="?")
        replay.add_argument("--connection")
        replay.add_argument("--cause")
        window = verbs.add_parser("window", help="send again what was made in a window of time")
        window.add_argument("connection")
        window.add_argument("since", help="2026-11-22T01:00:00Z")
        window.add_argument("until")
        window.add_argument("--dry-run", action="store_true", help="only say what it would do")
        for verb, help_text in (("skip", "never send it"), ("settle", "they know it already")):
            aside = verbs.add_parser(verb, help=help_text)
            aside.add_argument("handoff")
            aside.add_argument("--reason", required=True)
            if verb == "settle":
                aside.add_argument("--reference", default="")
        for verb in ("pause", "resume", "test"):
            verbs.add_parser(verb).add_argument("connection")
        rotate = verbs.add_parser("rotate", help="make a new secret; the old one lives for a day")
        rotate.add_argument("connection")
        rotate.add_argument("direction", choices=Secret.Purpose.values)

    def handle(self, *args: Any, verb: str, **options: Any) -> None:
        """Do one verb; a refusal is told in one sentence."""
        try:
            getattr(self, f"_{verb}")(options)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except (Handoff.DoesNotExist, Connection.DoesNotExist, ValidationError) as error:
            raise CommandError("There is no such handoff or connection.") from error

    def _list(self, options: dict[str, Any]) -> None:
        stuck = Handoff.objects.filter(state=Handoff.State.NEEDS_ATTENTION)
        shown = stuck.select_related("event", "lane__connection").order_by("cause", "id")[:SHOWN]
        for handoff in shown:
            self.stdout.write(f"{handoff.pk}  {handoff}  {handoff.cause}")
        self.stdout.write(f"{stuck.count()} need a person.")

    def _replay(self, options: dict[str, Any]) -> None:
        if options["handoff"]:
            self.stdout.write(
                f"{replay_handoff(options['handoff'], actor=OPERATOR)} is sent again."
            )
            return
        if not (options["connection"] and options["cause"]):
            raise CommandError("Name a handoff, or --connection and --cause.")
        group = stuck_like(_connection(options), options["cause"])
        self.stdout.write(f"{replay_all(group, actor=OPERATOR)} are sent again.")

    def _window(self, options: dict[str, Any]) -> None:
        since, until = _moment(options["since"]), _moment(options["until"])
        chosen = sent_between(_connection(options), since, until)
        if not options["dry_run"]:
            self.stdout.write(f"{replay_all(chosen, actor=OPERATOR)} are sent again.")
            return
        for each in preview_replay(chosen):
            self.stdout.write(
                f"{each.event}: {each.state}{', changed since' if each.changed else ''}"
            )
            for change in each.changed:
                self.stdout.write(f"    {change.path}: {change.then or '–'} → {change.now or '–'}")

    def _skip(self, options: dict[str, Any]) -> None:
        handoff = skip_handoff(options["handoff"], actor=OPERATOR, reason=options["reason"])
        self.stdout.write(f"{handoff} is skipped.")

    def _settle(self, options: dict[str, Any]) -> None:
        handoff = settle_handoff(
            options["handoff"],
            actor=OPERATOR,
            reason=options["reason"],
            reference=options["reference"],
        )
        self.stdout.write(f"{handoff} is settled.")

    def _pause(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{pause_connection(_connection(options))} is paused.")

    def _resume(self, options: dict[str, Any]) -> None:
        self.stdout.write(f"{resume_connection(_connection(options))} goes on.")

    def _rotate(self, options: dict[str, Any]) -> None:
        secret = rotate_secret(_connection(options), Secret.Purpose(options["direction"]))
        self.stdout.write(f"Give this to the other side now, it is not shown again: {secret}")

    def _test(self, options: dict[str, Any]) -> None:
        result = send_test_message(_connection(options))
        if result.error:
            raise CommandError(result.detail)
        took = result.finished_at - result.started_at
        self.stdout.write(f"It answered within {took.total_seconds() * 1000:.0f} ms.")


def _connection(options: dict[str, Any]) -> Connection:
    return Connection.objects.get(code=options["connection"])


def _moment(text: str) -> dt.datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{text} is not a moment like 2026-11-22T01:00:00Z.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
