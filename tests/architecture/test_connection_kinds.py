"""Kinds of connection: no table of a layer leaves one out, nor has one that there is not."""

from __future__ import annotations

import pytest

from fulfilment.connectors import KINDS, READERS
from fulfilment.models import Connection
from fulfilment.models.config_schemas import SCHEMAS


@pytest.mark.parametrize("table", [KINDS, SCHEMAS], ids=["connector", "settings"])
def test_every_kind_of_connection_has_a_connector_and_settings(table: dict[str, object]) -> None:
    assert set(table) == set(Connection.Kind.values)


def test_every_kind_whose_settings_say_where_orders_are_read_has_a_reader() -> None:
    assert set(READERS) == {kind for kind, known in SCHEMAS.items() if "orders_url" in known}
