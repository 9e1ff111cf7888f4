"""Connections: pause, disable and resume, and their signing secrets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import connection as database
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition
from fulfilment import signing
from fulfilment.models import Connection, Handoff, Health, InvalidConnection, Secret
from fulfilment.services.disabled_periods import Missed, begin_period, end_period
from fulfilment.services.wakeups import wake_workers_after_commit

Purpose = Secret.Purpose
Status = Connection.Status

OVERLAP = dt.timedelta(hours=24)
"""How long an old secret stays valid beside its successor."""


LANES_DUE = """
WITH waiting AS (
    SELECT id FROM fulfilment_lane
    WHERE connection_id = %s AND pending > 0 AND NOT is_blocked AND lease_token IS NULL
    ORDER BY id FOR NO KEY UPDATE
)
UPDATE fulfilment_lane AS lane SET due_at = clock_timestamp()
FROM waiting WHERE lane.id = waiting.id
"""
"""Locks the lanes one after the other by their id, as everything does that locks several."""


@transaction.atomic
def rotate_secret(connection: Connection, purpose: Secret.Purpose) -> str:
    """Add a new secret, which is returned only here; the old one stays valid for a day."""
    secret = signing.make_secret()
    add_secret(connection, purpose, secret)
    retry_after_repair(connection)
    return secret


@transaction.atomic
def add_secret(connection: Connection, purpose: Secret.Purpose, secret: str) -> None:
    """Add a secret that the other system knows already; the old one stays valid for a day."""
    _check_secret(secret)
    lock_connection(connection)
    _let_expire(connection, purpose)
    Secret.objects.create(
        connection=connection, purpose=purpose, ciphertext=signing.encrypt(secret)
    )


@transaction.atomic
def make_secrets(connection: Connection) -> dict[Secret.Purpose, str]:
    """Make the secrets of both directions, which are returned only here."""
    return {purpose: rotate_secret(connection, purpose) for purpose in Purpose}


@transaction.atomic
def revoke_old_secrets(
    connection: Connection, purposes: Iterable[Secret.Purpose] = tuple(Purpose)
) -> int:
    """End the overlap of rotations now, so that only the newest secrets are valid."""
    revoked = 0
    for purpose in purposes:
        live = Secret.objects.live(purpose, [connection])
        old = [each.pk for each in live[1:]]
        revoked += live.filter(pk__in=old).update(expires_at=timezone.now())
    return revoked


@transaction.atomic
def disable_connection(connection: Connection) -> int:
    """Send, queue and accept nothing more; return how many handoffs wait until it is resumed.

    What happens from now on is not queued; the period keeps that for the connection's page.
    """
    locked = lock_connection(connection)
    locked.status = Status.DISABLED
    locked.save(update_fields=["status", "updated_at"])
    begin_period(locked)
    waiting = Handoff.objects.filter(lane__connection=locked, state__in=Handoff.WAITING)
    return waiting.count()


@transaction.atomic
def pause_connection(connection: Connection) -> Connection:
    """Stop sending to a connection; events are queued meanwhile."""
    locked = lock_connection(connection)
    if locked.is_disabled:
        raise IllegalTransition(
            gettext("%(connection)s is disabled: resume it first.") % {"connection": locked}
        )
    check_verified(locked)
    locked.status = Status.PAUSED
    locked.save(update_fields=["status", "updated_at"])
    return locked


@transaction.atomic
def resume_connection(connection: Connection) -> Missed:
    """Send again at once; the circuit breaker is closed.

    Returns what was not queued while it was disabled.
    """
    locked = lock_connection(connection)
    check_verified(locked)
    locked.status = Status.ACTIVE
    locked.save(update_fields=["status", "updated_at"])
    missed = end_period(locked)
    retry_after_repair(locked)
    return missed


def check_verified(connection: Connection) -> None:
    """Refuse the endpoint of a partner that did not answer the challenge, or was deleted."""
    if connection.removed_at is not None:
        raise IllegalTransition(
            gettext("%(connection)s was deleted by its partner: it stays disabled.")
            % {"connection": connection}
        )
    if connection.partner_id is not None and connection.verified_at is None:
        raise IllegalTransition(
            gettext(
                "%(connection)s is not verified: its partner has it answer the challenge first."
            )
            % {"connection": connection}
        )


def lock_connection(connection: Connection) -> Connection:
    """Lock a connection: first its health, as deliveries do before they set its status.

    A save that only refers to the connection does not wait for this.
    """
    Health.objects.select_for_update(no_key=True).filter(connection=connection).first()
    return Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)


def live_secrets(connection: Connection, purpose: Secret.Purpose) -> list[str]:
    """List the secrets that are valid now and can be read, the newest first."""
    return signing.readable(_ciphertexts(connection, purpose))


def has_unreadable_secret(connection: Connection, purpose: Secret.Purpose) -> bool:
    """Return whether a secret that is valid now cannot be decrypted with our keys."""
    ciphertexts = _ciphertexts(connection, purpose)
    return len(signing.readable(ciphertexts)) < len(ciphertexts)


def _ciphertexts(connection: Connection, purpose: Secret.Purpose) -> list[bytes | memoryview[int]]:
    live = Secret.objects.live(purpose, [connection])
    return list(live.values_list("ciphertext", flat=True))


def _check_secret(secret: str) -> None:
    try:
        signing.check_secret(secret)
    except ValidationError as error:
        raise InvalidConnection(" ".join(error.messages)) from error


def _let_expire(connection: Connection, purpose: Secret.Purpose) -> None:
    """Let the valid secrets of one direction expire after the overlap; never later than before."""
    live = Secret.objects.live(purpose, [connection]).filter(expires_at__isnull=True)
    live.update(expires_at=timezone.now() + OVERLAP)


@transaction.atomic
def retry_after_repair(connection: Connection) -> None:
    """Close the circuit breaker after a change that may be a repair, and retry at once."""
    lock_connection(connection)
    if connection.status in {Status.AUTH_FAILED, Status.GONE}:
        Connection.objects.filter(pk=connection.pk).update(status=Status.ACTIVE)
        connection.status = Status.ACTIVE
    Health.objects.filter(connection=connection).update(
        breaker=Health.Breaker.CLOSED,
        failures_in_row=0,
        successes_in_row=0,
        openings=0,
        not_before=None,
        in_flight_limit=1,
        window=[],
    )
    with database.cursor() as cursor:
        cursor.execute(LANES_DUE, [connection.pk])
    wake_workers_after_commit()
