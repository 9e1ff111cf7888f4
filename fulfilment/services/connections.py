"""Connections: registration, pause and resume, and rotation of their signing secrets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError, IllegalTransition
from fulfilment import signing
from fulfilment.models import Connection, Health, Lane, Secret
from fulfilment.services.wakeups import wake_workers_after_commit

Purpose = Secret.Purpose
Status = Connection.Status

OVERLAP = dt.timedelta(hours=24)
"""How long an old secret stays valid beside its successor."""


class InvalidConnection(DomainError):
    """A setting of a connection is not valid."""

    code = "invalid_connection"


@transaction.atomic
def register_connection(
    code: str,
    *,
    name: str,
    url: str,
    event_types: Iterable[str],
    secret_out: str,
    secret_in: str,
    allowed_networks: Sequence[str] = (),
    **options: Any,
) -> Connection:
    """Create a connection, or update the one with that code (idempotent)."""
    _check(allowed_networks, (secret_out, secret_in))
    wanted = {
        "name": name,
        "url": url,
        "event_types": sorted(event_types),
        "allowed_networks": list(allowed_networks),
        **options,
    }
    connection, is_new = Connection.objects.select_for_update().get_or_create(
        code=code, defaults=wanted
    )
    changed = {key: value for key, value in wanted.items() if getattr(connection, key) != value}
    for field, value in changed.items():
        setattr(connection, field, value)
    if changed and not is_new:
        connection.save()
        _reset_health(connection)
    _ensure_secret(connection, Purpose.OUTBOUND, secret_out)
    _ensure_secret(connection, Purpose.INBOUND, secret_in)
    return connection


@transaction.atomic
def rotate_secret(connection: Connection, purpose: Secret.Purpose, new: str | None = None) -> str:
    """Add a new secret, which is returned only here; the old one stays valid for a day."""
    secret = new or signing.make_secret()
    _check((), (secret,))
    now = timezone.now()
    Secret.objects.live(purpose, [connection]).filter(expires_at__isnull=True).update(
        expires_at=now + OVERLAP
    )
    Secret.objects.create(
        connection=connection,
        purpose=purpose,
        ciphertext=signing.encrypt(secret),
        active_from=now,
    )
    _reset_health(connection)
    return secret


@transaction.atomic
def pause_connection(connection: Connection) -> Connection:
    """Stop sending to a connection; events are queued meanwhile."""
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    if locked.status == Status.DISABLED:
        raise IllegalTransition(
            gettext("%(connection)s is disabled: enable it first.") % {"connection": locked}
        )
    locked.status = Status.PAUSED
    locked.save(update_fields=["status", "updated_at"])
    return locked


@transaction.atomic
def resume_connection(connection: Connection) -> Connection:
    """Send again at once; the circuit breaker is closed."""
    locked = Connection.objects.select_for_update().get(pk=connection.pk)
    locked.status = Status.ACTIVE
    locked.save(update_fields=["status", "updated_at"])
    _reset_health(locked)
    return locked


def live_secrets(connection: Connection, purpose: Secret.Purpose) -> list[str]:
    """List the secrets that are valid now, the newest first."""
    return [
        signing.decrypt(secret.ciphertext) for secret in Secret.objects.live(purpose, [connection])
    ]


def _check(networks: Sequence[str], secrets: Sequence[str]) -> None:
    for network in networks:
        try:
            ip_network(network, strict=False)
        except ValueError as error:
            raise InvalidConnection(
                gettext("“%(network)s” is not a network like 10.0.0.0/8.") % {"network": network}
            ) from error
    for secret in secrets:
        try:
            signing.check_secret(secret)
        except ValidationError as error:
            raise InvalidConnection(" ".join(error.messages)) from error


def _ensure_secret(connection: Connection, purpose: Secret.Purpose, secret: str) -> None:
    if secret not in live_secrets(connection, purpose):
        Secret.objects.live(purpose, [connection]).update(expires_at=timezone.now() + OVERLAP)
        Secret.objects.create(
            connection=connection, purpose=purpose, ciphertext=signing.encrypt(secret)
        )


def _reset_health(connection: Connection) -> None:
    """Close the circuit breaker after a change that may be a repair, and retry at once."""
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
    Lane.objects.filter(
        connection=connection, pending__gt=0, is_blocked=False, lease_token__isnull=True
    ).update(due_at=timezone.now())
    wake_workers_after_commit()
