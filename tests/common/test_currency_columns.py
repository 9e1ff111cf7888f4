"""Currency columns of all models: each takes the code of a currency and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

OURS = {"crm", "sales", "fulfilment", "web"}


def currency_columns() -> list[models.Field[Any, Any]]:
    """Every column of ours that names a currency, but those of histories, which nobody types."""
    return [
        column
        for model in apps.get_models()
        if model._meta.app_label in OURS and not hasattr(model, "pgh_tracked_model")
        for column in model._meta.concrete_fields
        if "currency" in column.name or str(column) == "sales.ExchangeRate.base"
        if isinstance(column, models.CharField)
    ]


def problems(column: models.Field[Any, Any], code: str) -> list[str]:
    try:
        column.clean(code, None)
    except ValidationError as error:
        return error.messages
    return []


COLUMNS = currency_columns()


def test_finds_the_columns() -> None:
    assert sorted(str(column) for column in COLUMNS) == [
        "crm.Opportunity.currency",
        "sales.AccountTerms.currency",
        "sales.Company.base_currency",
        "sales.CustomerCreditEntry.currency",
        "sales.DiscountList.currency",
        "sales.ExchangeRate.base",
        "sales.ExchangeRate.currency",
        "sales.Invoice.currency",
        "sales.Order.currency",
        "sales.PriceList.currency",
        "sales.Product.cost_currency",
        "sales.PromotionCode.currency",
        "sales.Quote.currency",
    ]


@pytest.mark.parametrize("code", ["ZZZ", "NaN", "20", "eur", "E", "€"])
@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_code_that_is_no_currency_is_refused(column: models.Field[Any, Any], code: str) -> None:
    assert problems(column, code) == [f"“{code}” is not a currency."]


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_currency_is_taken(column: models.Field[Any, Any]) -> None:
    assert [problems(column, code) for code in ("EUR", "USD", "JPY")] == [[], [], []]
