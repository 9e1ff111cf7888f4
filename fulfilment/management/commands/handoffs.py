"""Command ``handoffs``: lists, replays, skips and settles handoffs, and manages connections."""

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
    stuck_reason,
)
from fulfilment.outbound.payload_diff import preview_replay
from fulfilment.services.connections import (
    disable_connection,
    pause_connection,
    resume_connection,
    revoke_old_secrets,
    rotate_secret,
)

OPERATOR = System("Operator at the command line")
SHOWN = 50


class Command(BaseCommand):
    """``manage.py handoffs``, with a subcommand per action; ``--help`` lists them."""

    help = "List handoffs that need attention, and replay, skip or settle them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the subcommands and their options."""
        commands = parser.add_subparsers(dest="command", required=True)
        commands.add_parser("list", help="list handoffs that need attention, by cause")
        replay = commands.add_parser("replay", help="send one again, or all with one cause")
        replay.add_argument("handoff", nargs="?")
        replay.add_argument("--connection")
        replay.add_argument("--cause")
        window = commands.add_parser(
            "window", help="send again what was created in a window of time"
        )
        window.add_argument("connection")
        window.add_argument("since", help="2026-11-22T01:00:00Z")
        window.add_argument("until")
        window.add_argument("--dry-run", action="store_true", help="only show what it would send")
        for name, help_text in (("skip", "never send it"), ("settle", "it was handled outside")):
            action = commands.add_parser(name, help=help_text)
            action.add_argument("handoff")
            action.add_argument("--reason", required=True)
            if name == "settle":
                action.add_argument("--reference", default="")
        for name in ("pause", "disable", "resume", "test"):
            commands.add_parser(name).add_argument("connection")
        rotate = commands.add_parser(
            "rotate", help="create a secret; the old one stays valid for a day"
        )
        revoke = commands.add_parser("revoke", help="end the day of the old secrets at once")
        for secret in (rotate, revoke):
            secret.add_argument("connection")
            secret.add_argument("direction", choices=Secret.Purpose.values)

    def handle(self, *args: Any, command: str, **options: Any) -> None:
        """Run one subcommand; a refusal ends it with one sentence."""
        try:
            getattr(self, f"_{command}")(options)
        except DomainError as error:
            raise CommandError(str(error)) from error
        except (Handoff.DoesNotExist, ValidationError) as error:
            raise CommandError(f"There is no handoff {options.get('handoff')}.") from error

    def _list(self, options: dict[str, Any]) -> None:
        stuck = Handoff.objects.filter(state=Handoff.State.NEEDS_ATTENTION)
        shown = stuck.select_related("event", "lane__connection").order_by(
            "cause", "cause_parameters", "id"
        )[:SHOWN]
        for handoff in shown:
            self.stdout.write(f"{handoff.pk}  {handoff}  {handoff.display_cause}")
        self.stdout.write(f"{stuck.count()} handoffs need attention.")

    def _replay(self, options: dict[str, Any]) -> None:
        if options["handoff"] and (options["connection"] or options["cause"]):
            raise CommandError("Give the id of a handoff, or --connection and --cause: not both.")
        if options["handoff"]:
            handoff = replay_handoff(options["handoff"], actor=OPERATOR)
            self.stdout.write(f"{handoff} is queued again.")
            return
        if not (options["connection"] and options["cause"]):
            raise CommandError("Give the id of a handoff, or --connection and --cause.")
        connection = _connection(options)
        group = stuck_reason(connection, options["cause"])
        if not group:
            raise CommandError(
                f"No handoff to {connection} needs attention because of “{options['cause']}”: "
                "“handoffs list” shows the causes."
            )
        self.stdout.write(f"{replay_all(group, actor=OPERATOR)} handoffs are queued again.")

    def _window(self, options: dict[str, Any]) -> None:
        since, until = _moment(options["since"]), _moment(options["until"])
        if until <= since:
            raise CommandError(
                f"The window ends at {options['until']}, not after {options['since']}: "
                "give the earlier moment first."
            )
        chosen = sent_between(_connection(options), since, until)
        if not options["dry_run"]:
            self.stdout.write(f"{replay_all(chosen, actor=OPERATOR)} handoffs are queued again.")
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

    def _disable(self, options: dict[str, Any]) -> None:
        connection = _connection(options)
        waiting = disable_connection(connection)
        self.stdout.write(
            f"{connection} is disabled. Waiting until it is resumed: {waiting}. "
            "What happens until then is not queued; a paused connection would get it later."
        )

    def _resume(self, options: dict[str, Any]) -> None:
        connection = _connection(options)
        missed = resume_connection(connection)
        self.stdout.write(f"{connection} is active again.")
        if missed.events:
            self.stdout.write(
                f"Not queued while it was disabled: {missed.events} events of "
                f"{', '.join(missed.documents[:SHOWN])}. Compare these documents there."
            )

    def _rotate(self, options: dict[str, Any]) -> None:
        secret = rotate_secret(_connection(options), Secret.Purpose(options["direction"]))
        self.stdout.write(f"Enter this secret there now, it is not shown again: {secret}")

    def _revoke(self, options: dict[str, Any]) -> None:
        purpose = Secret.Purpose(options["direction"])
        revoked = revoke_old_secrets(_connection(options), [purpose])
        self.stdout.write(f"Old secrets that are not valid any more: {revoked}.")

    def _test(self, options: dict[str, Any]) -> None:
        result = send_test_message(_connection(options))
        if result.error:
            raise CommandError(str(result.detail))
        self.stdout.write(f"It answered within {result.duration_ms} ms.")


def _connection(options: dict[str, Any]) -> Connection:
    found = Connection.objects.filter(code=options["connection"]).first()
    if found is None:
        raise CommandError(f"There is no connection “{options['connection']}”.")
    return found


def _moment(text: str) -> dt.datetime:
    try:
        moment = parse_datetime(text)
    except ValueError:
        moment = None
    if moment is None:
        raise CommandError(f"{text} is not a date and time like 2026-11-22T01:00:00Z.")
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
