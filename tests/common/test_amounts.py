"""Amounts kept with a currency: wherever people type one, it is not finer than its currency."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import models

from common.amounts import is_finer
from crm.models import Opportunity
from sales.models import AccountTerms, PromotionCode

TYPED: dict[str, type[models.Model]] = {
    "expected_revenue": Opportunity,
    "credit_limit": AccountTerms,
    "discount_amount": PromotionCode,
}


def problems(column: str, amount: str, currency: str) -> dict[str, Any]:
    record: Any = TYPED[column](currency=currency, **{column: Decimal(amount)})
    try:
        record.clean()
    except ValidationError as error:
        return error.message_dict
    return {}


@pytest.mark.parametrize("column", TYPED)
@pytest.mark.parametrize(
    ("amount", "currency", "rule"),
    [
        ("0.5", "JPY", "Amounts in JPY have no decimals."),
        ("10.001", "EUR", "Amounts in EUR have at most 2 decimals."),
        ("10.0001", "KWD", "Amounts in KWD have at most 3 decimals."),
    ],
)
def test_an_amount_finer_than_its_currency_is_refused(
    column: str, amount: str, currency: str, rule: str
) -> None:
    assert problems(column, amount, currency) == {column: [rule]}


@pytest.mark.parametrize("column", TYPED)
@pytest.mark.parametrize(
    ("amount", "currency"), [("5.00000", "JPY"), ("10.01", "EUR"), ("10.001", "KWD"), ("0", "JPY")]
)
def test_an_amount_of_whole_smallest_units_is_taken(
    column: str, amount: str, currency: str
) -> None:
    assert problems(column, amount, currency) == {}


def test_the_largest_amount_is_measured_exactly() -> None:
    assert is_finer(Decimal("999999999999999.99999"), "KWD")
    assert not is_finer(Decimal("999999999999999.999"), "KWD")
