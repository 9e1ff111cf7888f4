"""Lines of drafts: a refused change names the line and field, and writes nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError
from sales.models import Quote, TaxRate
from sales.services.documents.lines import add_line, change_line
from tests.factories import Market, TaxCategoryFactory
from tests.sales.written import written


@pytest.mark.parametrize(
    ("fields", "code", "field", "message"),
    [
        (
            {"quantity": Decimal("1.5")},
            "quantity_not_allowed",
            "quantity",
            "sold in whole units: enter 1 or 2 instead of 1.5.",
        ),
        ({"quantity": Decimal(-1)}, "invalid_quantity", "quantity", "cannot be negative"),
        ({"unit": None}, "missing_unit", "unit", "Choose the unit of ESP-"),
        ({"description": ""}, "missing_field", "description", "no description"),
        ({"unit_price": Decimal(-1)}, "invalid_amount", "unit_price", "cannot be negative"),
        ({"discount_rate": Decimal("1.01")}, "invalid_discount", "discount", "between 0% and 100%"),
        (
            {"discount_rate": Decimal("1.0000001")},
            "invalid_discount",
            "discount",
            "between 0% and 100%, not 100.00001%",
        ),
        ({"quantity": Decimal(10) ** 16}, "invalid_quantity", "quantity", "at most 15 digits"),
        ({"unit_price": Decimal("NaN")}, "invalid_amount", "unit_price", "at most 15 digits"),
        ({"tax_rate": Decimal(19)}, "invalid_rate", "tax_rate", "between 0% and 100%, not 1,900%"),
        (
            {"discount_amount": Decimal(101)},
            "invalid_discount",
            "discount",
            "at most what its line comes to: lower it from €101.00 to €100.00 or less.",
        ),
        (
            {"discount_amount": Decimal(-1)},
            "invalid_discount",
            "discount",
            "A discount cannot be negative: enter 0 or more.",
        ),
        (
            {"discount_amount": Decimal(1), "discount_rate": Decimal("0.1")},
            "conflicting_fields",
            "discount",
            "not both",
        ),
        (
            {"discount_amount": Decimal("0.001")},
            "invalid_discount",
            "discount",
            "Amounts in EUR have at most 2 decimals.",
        ),
        ({"discount_amount": Decimal("NaN")}, "invalid_discount", "discount", "at most 15 digits"),
    ],
)
def test_refuses_a_change_that_breaks_a_rule_of_its_line(
    market: Market, quote: Quote, fields: dict[str, Any], code: str, field: str, message: str
) -> None:
    line = add_line(quote, actor=market.rep, product=market.product("100.00"))
    before = written(quote)

    with pytest.raises(DomainError, match=message) as refusal:
        change_line(line, actor=market.rep, **fields)

    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert refusal.value.line == str(line.pk)
    assert written(quote) == before


def test_a_line_is_taxed_in_another_category_or_at_a_typed_rate(
    market: Market, quote: Quote
) -> None:
    reduced = TaxCategoryFactory.create()
    TaxRate.objects.create(category=reduced, zone=market.zone, rate=Decimal("0.055"))
    line = add_line(quote, actor=market.rep, product=market.product("100.00"))

    line = change_line(line, actor=market.rep, tax_category=reduced)
    assert (line.tax_rate, line.tax_rate_is_typed, line.tax) == (
        Decimal("0.055"),
        False,
        Decimal("5.5"),
    )
    line = change_line(line, actor=market.rep, tax_rate=Decimal(0))
    assert (line.tax_rate, line.tax_rate_is_typed, line.tax) == (0, True, 0)
    line = change_line(line, actor=market.rep, tax_rate=None)
    assert (line.tax_rate, line.tax_rate_is_typed, line.tax) == (
        Decimal("0.055"),
        False,
        Decimal("5.5"),
    )
