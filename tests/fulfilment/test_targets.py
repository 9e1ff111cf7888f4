"""Targets: what a connector needs of a connection, with the secrets that are valid now."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone
from pytest_httpserver import HTTPServer

from fulfilment.models import Connection, Secret
from fulfilment.services.targets import target_of
from tests.fulfilment.conftest import FarEnd, connect


def test_has_the_settings_and_the_newest_secret_first(db: None, httpserver: HTTPServer) -> None:
    far_end: FarEnd = connect(
        httpserver,
        "supply",
        [],
        kind=Connection.Kind.SUPPLY,
        deadline_seconds=7,
        answers_look_ups=False,
        config={"orders_url": "https://erp.example.com/orders"},
    )
    earlier = Secret.objects.get(connection=far_end.connection, purpose="outbound")
    later = Secret.objects.create(
        connection=far_end.connection, purpose="outbound", ciphertext=b"later"
    )
    Secret.objects.create(
        connection=far_end.connection,
        purpose="outbound",
        ciphertext=b"over",
        expires_at=timezone.now() - dt.timedelta(seconds=1),
    )

    target = target_of(far_end.connection)

    assert (target.deadline, target.gives_references, target.answers_look_ups) == (7, True, False)
    assert target.orders_url == "https://erp.example.com/orders"
    assert target.ciphertexts == (bytes(later.ciphertext), bytes(earlier.ciphertext))
