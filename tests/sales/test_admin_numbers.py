"""Numbers typed in the admin: none is NaN, no discount is negative, no rate beyond its limits."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from sales.models import (
    ApprovalRule,
    DiscountBand,
    DiscountList,
    PaymentTerms,
    PriceList,
    UnitGroup,
)
from tests.factories import Market
from tests.sales.admin_pages import BANDS, address, band, problems, rows


@pytest.mark.parametrize(
    ("low", "amount", "problem"),
    [
        ("1", "-1", "A discount cannot be negative: enter 0 or more."),
        ("1", "-0.00001", "A discount cannot be negative: enter 0 or more."),
        ("-5", "1", "A band begins at 0 or above."),
    ],
)
def test_a_volume_discount_is_not_negative(
    office: Client, low: str, amount: str, problem: str
) -> None:
    data = {"name": "Volume", "kind": "amount", "currency": "EUR", "is_active": "on"}
    negative = band(low, "10", "", discount_amount=amount)

    response = office.post(address(DiscountList, "add"), {**data, **rows(BANDS, negative)})

    assert problems(response) == [problem]
    assert not DiscountList.objects.exists()
    stored = DiscountList.objects.create(**{**data, "is_active": True})
    with pytest.raises(IntegrityError, match="discount_band_"), transaction.atomic():
        DiscountBand.objects.create(
            discount_list=stored, quantity_from=Decimal(low), discount_amount=Decimal(amount)
        )


@pytest.mark.parametrize(
    ("measure", "threshold", "is_taken"),
    [
        ("discount_rate", "20", False),
        ("discount_rate", "1.00001", False),
        ("discount_rate", "-0.1", False),
        ("discount_rate", "0.2", True),
        ("margin_rate", "20", False),
        ("margin_rate", "-20", False),
        ("margin_rate", "-0.1", True),
        ("total", "-1", False),
        ("total", "20000", True),
    ],
)
def test_the_limit_of_an_approval_rule_fits_what_it_measures(
    office: Client, measure: str, threshold: str, is_taken: bool
) -> None:
    data = {"name": "Limit", "measure": measure, "threshold": threshold, "is_active": "on"}

    response = office.post(address(ApprovalRule, "add"), data)

    if not is_taken:
        assert problems(response) == [
            "Give a rate as a fraction: 0.1 is 10 %; a total is 0 or above."
        ]
    assert ApprovalRule.objects.exists() == is_taken


INLINE_ROWS: dict[str, tuple[type[Any], dict[str, Any], str, dict[str, Any], str]] = {
    "band": (
        DiscountList,
        {"name": "Volume", "kind": "percent", "is_active": "on"},
        BANDS,
        band("1", "10", "0.05"),
        "discount_rate",
    ),
    "unit": (
        UnitGroup,
        {"name": "Pieces"},
        "units",
        {"name": "pc", "factor": "1"},
        "factor",
    ),
    "instalment": (
        PaymentTerms,
        {"name": "All", "invoice_when": "by_hand", "due_months": "0", "due_days": "30"},
        "instalments",
        {"share_rate": "1", "due_months": "0", "due_days": "30"},
        "share_rate",
    ),
    "price": (
        PriceList,
        {"name": "List", "currency": "EUR", "is_active": "on"},
        "items",
        {
            "method": "amount",
            "amount": "9.99",
            "rounding": "none",
            "selling": "no_control",
            "price_quantity": "1",
        },
        "amount",
    ),
}


@pytest.mark.parametrize("typed", ["sNaN", "NaN", "1E+9999999", "1e15"])
@pytest.mark.parametrize("row", INLINE_ROWS)
def test_a_stored_row_refuses_what_is_no_number(
    market: Market, office: Client, row: str, typed: str
) -> None:
    model, data, prefix, fields, name = INLINE_ROWS[row]
    if row == "price":
        product = market.product(None)
        fields = {**fields, "product": product.pk, "unit": product.default_unit_id}
    stored = office.post(address(model, "add"), {**data, **rows(prefix, fields)})
    assert stored.status_code == 302, problems(stored)
    record = model._default_manager.get(name=data["name"])
    kept = getattr(record, prefix).get()
    changed = {**fields, "id": kept.pk, name: typed}

    response = office.post(
        address(model, "change", record.pk), {**data, **rows(prefix, changed, stored=1)}
    )

    [inline] = response.context["inline_admin_formsets"]
    assert list(inline.formset.errors[0]) == [name]
    assert getattr(record, prefix).values_list(name).get() == (getattr(kept, name),)
