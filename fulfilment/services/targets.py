"""Targets: what a connector needs of a connection, outside of a claim of lanes."""

from __future__ import annotations

from fulfilment.connectors import Target
from fulfilment.models import Connection, Secret


def target_of(connection: Connection) -> Target:
    """Read the settings of a connection, with its secrets that are valid now; one statement."""
    secrets = Secret.objects.live(Secret.Purpose.OUTBOUND, [connection])
    return Target(
        connection_id=connection.pk,
        kind=connection.kind,
        name=connection.name,
        url=connection.url,
        ciphertexts=tuple(bytes(each.ciphertext) for each in secrets),
        deadline=connection.deadline_seconds,
        gives_references=connection.gives_references,
        answers_look_ups=connection.answers_look_ups,
        orders_url=connection.config.get("orders_url", ""),
    )
