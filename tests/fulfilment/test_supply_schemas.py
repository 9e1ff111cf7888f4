"""Schemas of snapshots: what is absent was not sent, null clears, and nonsense is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fulfilment.inbound.schemas import InvalidMessage, parse_message
from tests.fulfilment.supply import changed, their_line, their_order


def test_takes_a_snapshot_with_parts_that_nothing_here_reads() -> None:
    order = their_order(their_line(serial="7"), origin="supply chain", delivery_mode="TRUCK")

    message = parse_message(changed(order))

    assert (message.subject, message.body["data"]["order"]) == ("SO-000123", order)


def test_takes_an_order_of_which_little_is_said() -> None:
    little = {"id": "1", "number": "SO-1", "sequence": 3}

    assert "ship_to" not in parse_message(changed(little)).data["order"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": ""}, "id"),
        ({"number": "S" * 101}, "number"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": 2**63}, "sequence"),
        ({"knows": "many"}, "knows"),
        ({"knows": 2**31}, "knows"),
        ({"on_hold": "perhaps"}, "on_hold"),
        ({"ship_to": "Lyon"}, "ship_to"),
        ({"throughline_id": "7"}, "throughline_id"),
        ({"lines": {}}, "lines"),
        ({"lines": [{"quantity": "3"}]}, "lines"),
        ({"lines": [{"id": "1", "quantity": "3" * 41}]}, "lines"),
        ({"name": "N" * 101}, "name"),
    ],
)
def test_refuses_what_no_order_has(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidMessage) as refused:
        parse_message(changed(their_order() | wrong))

    assert list(refused.value.errors_by_field["data"]["order"]) == [field]
