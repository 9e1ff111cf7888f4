"""Stories of orders from submission to their last document: their sums agree, to the cent."""

from __future__ import annotations

import os
from random import Random

import pytest
from django.db import connection

from sales.services.integrity.verification import verify
from tests.factories import Market
from tests.sales.order_sums import unfinished
from tests.sales.random_trading import Trade, violations

STORIES = int(os.environ.get("STORIES", "15"))
STEPS = 16


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(STORIES))
def test_the_sums_of_every_order_agree(seed: int) -> None:
    dice = Random(seed)
    trade = Trade(Market(currency=dice.choice(["JPY", "EUR", "KWD"])))
    trade.order(dice)
    for _ in range(STEPS):
        trade.do(dice.choice(trade.actions), dice)
        assert violations() == [], f"after {trade.done}"

    trade.finish()

    connection.check_constraints()
    assert violations() + unfinished() == [], f"after {trade.done}"
    assert [str(each) for found in verify().values() for each in found] == []
