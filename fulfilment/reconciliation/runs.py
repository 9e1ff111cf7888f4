"""Reconcile runs: their changes are read page by page, and what does not agree is looked at again.

A first look repairs nothing, since a message may be on its way. What does not agree after a pause
is repaired, up to a ceiling. A run goes on where it was after a crash, and holds up no other.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext

from common.errors import IllegalTransition
from common.sentences import Sentence
from common.stored_sentences import columns
from fulfilment.models import Connection, ReconcileRun, sharing_orders
from fulfilment.reconciliation.first_loads import load_page, send_ours
from fulfilment.reconciliation.passes import LeaseLost, add_own, end_run, read_page, second_pass
from fulfilment.reconciliation.reads import CannotRead, database_now, readable

Purpose = ReconcileRun.Purpose

LEASE = dt.timedelta(minutes=3)
"""After this time without a sign of life anybody may go on with a run."""

PAUSE = dt.timedelta(minutes=2)
"""Between the two looks, in which what is on its way arrives."""

PAUSE_AFTER_PROBLEM = dt.timedelta(seconds=30)
MOST_REPAIRS = 100
"""So many orders are repaired in one run, if the connection does not say otherwise."""


class RunUnderWay(IllegalTransition):
    """The connection is compared already; one run at a time."""

    code = "reconcile_under_way"


def start_run(
    connection: Connection,
    purpose: ReconcileRun.Purpose,
    *,
    whole: bool = False,
    sends_ours: bool = False,
) -> ReconcileRun:
    """Start a run, to be gone on with by whoever is free; raises RunUnderWay.

    It begins where the run before the last one ended, so that each change is looked at twice; the
    first one, a first load and a ``whole`` one from the beginning.
    """
    check_comparable(connection)
    cursor = "" if whole or purpose == Purpose.FIRST_LOAD else _overlapping(connection)
    try:
        with transaction.atomic():
            return ReconcileRun.objects.create(
                connection=connection,
                purpose=purpose,
                first_cursor=cursor,
                cursor=cursor,
                sends_ours=sends_ours,
                most_repairs=connection.config.get("most_repairs", MOST_REPAIRS),
            )
    except IntegrityError as error:
        raise run_under_way(connection) from error


def check_comparable(connection: Connection) -> None:
    """Refuse to compare the orders of a connection that has none which both sides edit."""
    if not connection.shares_orders:
        text = gettext("%(connection)s has no orders that both sides edit.")
        raise CannotRead(text % {"connection": connection})


def run_under_way(connection: Connection) -> RunUnderWay:
    """Make the refusal of a second run at a time."""
    return RunUnderWay(
        gettext("%(connection)s is compared already: wait until that run has ended.")
        % {"connection": connection}
    )


def _overlapping(connection: Connection) -> str:
    ended = ReconcileRun.objects.filter(connection=connection, ended_at__isnull=False)
    cursors = list(ended.order_by("-id").values_list("cursor", flat=True)[:2])
    return cursors[1] if len(cursors) == 2 else ""


def start_nightly_runs() -> int:
    """Start a run of each connection whose orders can be read; returns how many were."""
    started = 0
    for connection in Connection.objects.filter(sharing_orders(), status=Connection.Status.ACTIVE):
        try:
            start_run(connection, Purpose.NIGHTLY)
        except RunUnderWay:
            continue
        started += 1
    return started


def continue_runs(seconds: float = 20.0, only: uuid.UUID | None = None) -> bool:
    """Go on with a run that is due, for so many seconds; returns whether there was one.

    It is the one that waits longest, or ``only`` this one.
    """
    run = _claim(only)
    if run is None:
        return False
    ends, token = time.monotonic() + seconds, run.lease_token
    try:
        while run.ended_at is None and time.monotonic() < ends and _advance(run):
            _renew(run)
    except LeaseLost:
        return True
    finally:
        held = ReconcileRun.objects.filter(pk=run.pk, lease_token=token)
        pause = database_now() + PAUSE_AFTER_PROBLEM if run.problem else None
        held.update(lease_token=None, leased_until=pause)
    return True


@transaction.atomic
def _claim(only: uuid.UUID | None) -> ReconcileRun | None:
    """Lease a run that nobody goes on with and that is due now."""
    now = database_now()
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=now)
    due = Q(looks_again_at__isnull=True) | Q(looks_again_at__lte=now)
    chosen = Q(pk=only) if only else Q()
    run = (
        ReconcileRun.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(free, due, chosen, ended_at__isnull=True)
        .filter(connection__in=Connection.objects.filter(readable()))
        .select_related("connection__health")
        .order_by("leased_until", "id")
        .first()
    )
    if run is not None:
        run.lease_token, run.leased_until = uuid.uuid4(), now + LEASE
        run.save(update_fields=["lease_token", "leased_until"])
    return run


def _renew(run: ReconcileRun) -> None:
    held = ReconcileRun.objects.filter(pk=run.pk, lease_token=run.lease_token)
    if not held.update(leased_until=database_now() + LEASE):
        raise LeaseLost


def _advance(run: ReconcileRun) -> bool:
    """Take the next step of a run; returns whether another may follow at once."""
    if run.looks_again_at is not None:
        return _second_look(run)
    is_first_load = run.purpose == Purpose.FIRST_LOAD
    step = load_page(run) if is_first_load else read_page(run)
    _note(run, step.problem)
    if step.problem:
        return False
    if step.is_over:
        _end_reading(run)
    return is_first_load or not step.is_over


def _end_reading(run: ReconcileRun) -> None:
    """Have what did not agree looked at again; a first load repairs nothing, and waits for none."""
    if run.purpose == Purpose.FIRST_LOAD:
        run.looks_again_at = database_now()
    else:
        add_own(run)
        run.looks_again_at = database_now() + PAUSE
    run.save(update_fields=["looks_again_at"])


def _second_look(run: ReconcileRun) -> bool:
    if run.purpose == Purpose.FIRST_LOAD:
        is_over = not (run.sends_ours and send_ours(run))
    else:
        looked = second_pass(run)
        _note(run, looked.problem)
        if looked.problem:
            return False
        is_over = looked.is_over
    if is_over:
        end_run(run)
    return not is_over


def _note(run: ReconcileRun, problem: str | Sentence) -> None:
    """Keep why a run does not go on; forget it once it does."""
    noted = columns("problem", problem, 300)
    if any(getattr(run, name) != value for name, value in noted.items()):
        for name, value in noted.items():
            setattr(run, name, value)
        run.save(update_fields=list(noted))
