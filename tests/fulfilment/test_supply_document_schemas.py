"""Schemas of the documents of the supply-chain system: nonsense is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fulfilment.inbound.schemas import InvalidMessage, parse_message
from tests.fulfilment.supply import bill, delivery, their_order


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"number": ""}, "number"),
        ({"posted_on": "yesterday"}, "posted_on"),
        ({"lines": []}, "lines"),
        ({"lines": [{"id": "LOT-000001", "quantity": "many"}]}, "lines"),
    ],
)
def test_refuses_what_is_no_delivery(wrong: dict[str, Any], field: str) -> None:
    message = delivery(their_order(), "PS-1", _1="2")
    message["data"]["delivery"] |= wrong

    with pytest.raises(InvalidMessage) as refused:
        parse_message(message)

    assert list(refused.value.errors_by_field["data"]["delivery"]) == [field]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"currency": "Euro"}, "currency"),
        ({"totals": {"total": "20.00"}}, "totals"),
        ({"totals": None}, "totals"),
        ({"due_on": "soon"}, "due_on"),
        ({"credits": ""}, "credits"),
        ({"bill_again": "perhaps"}, "bill_again"),
        ({"lines": [{"id": "LOT-000001", "quantity": "-1", "amount": "-1.00"}]}, "lines"),
    ],
)
def test_refuses_what_is_no_credit_note(wrong: dict[str, Any], field: str) -> None:
    message = bill("credit_note", their_order(), "SC-1", **{"credits": "SI-1"} | wrong)

    with pytest.raises(InvalidMessage) as refused:
        parse_message(message)

    assert list(refused.value.errors_by_field["data"]["credit_note"]) == [field]
