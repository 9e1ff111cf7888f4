"""Registration of a connection by its settings and secrets, as often as it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from fulfilment.models import Connection, InvalidConnection, Secret
from fulfilment.services.connections import (
    add_secret,
    live_secrets,
    lock_connection,
    retry_after_repair,
)
from fulfilment.services.prefixes import check_prefix

Purpose = Secret.Purpose


@transaction.atomic
def register_connection(
    code: str,
    *,
    name: str,
    url: str,
    event_types: Iterable[str],
    secret_out: str,
    secret_in: str,
    **options: Any,
) -> Connection:
    """Create a connection, or update the one with that code (idempotent)."""
    wanted = {"name": name, "url": url, "event_types": sorted(event_types), **options}
    _check(Connection(code=code, **wanted))
    connection, is_new = Connection.objects.get_or_create(code=code, defaults=wanted)
    if not is_new:
        connection = lock_connection(connection)
    changed = {key: value for key, value in wanted.items() if getattr(connection, key) != value}
    for field, value in changed.items():
        setattr(connection, field, value)
    if changed and not is_new:
        connection.save()
        retry_after_repair(connection)
    for purpose, secret in ((Purpose.OUTBOUND, secret_out), (Purpose.INBOUND, secret_in)):
        if secret not in live_secrets(connection, purpose):
            add_secret(connection, purpose, secret)
    return connection


def _check(connection: Connection) -> None:
    try:
        connection.full_clean(validate_unique=False)
    except ValidationError as error:
        raise InvalidConnection(" ".join(error.messages)) from error
    check_prefix(connection)
