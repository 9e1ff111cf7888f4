"""Values beyond a constraint, typed in the admin: the rule and the way on, not its name."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from crm.models import Stage, Team
from sales.models import (
    AccountTerms,
    ExchangeRate,
    Instalment,
    PaymentTerms,
    PriceListItem,
    UnitGroup,
)
from tests.factories import Market
from tests.sales.admin_pages import address, problems, rows

DUE = {"due_months": "0", "due_days": "30"}
TERMS = {"name": "Ahead", "invoice_when": "by_hand", **DUE}
DEPOSIT = "Give the deposit rate as a fraction from 0 to 1: 0.1 is 10 %."


def rate(value: str, currency: str = "USD") -> dict[str, str]:
    """The inputs of an exchange rate."""
    return {"base": "EUR", "currency": currency, "valid_on": "2026-11-20", "rate": value}


@pytest.mark.parametrize("typed", ["100", "33.333", "101", "-1"])
def test_a_deposit_rate_is_a_fraction(office: Client, typed: str) -> None:
    data = {**TERMS, "deposit_rate": typed, **rows("instalments")}

    assert problems(office.post(address(PaymentTerms, "add"), data)) == [DEPOSIT]
    assert not PaymentTerms.objects.filter(name="Ahead").exists()


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("due_months", "121", "Give at most 120 months, ten years."),
        ("due_days", "3651", "Give at most 3650 days, ten years."),
        ("early_payment_days", "32767", "Give at most 3650 days, ten years."),
    ],
)
def test_terms_reach_ten_years(office: Client, field: str, typed: str, problem: str) -> None:
    data = {**TERMS, "early_payment_rate": "0.02", "early_payment_days": "10"}
    data |= {field: typed, **rows("instalments")}

    assert problems(office.post(address(PaymentTerms, "add"), data)) == [problem]
    assert not PaymentTerms.objects.filter(name="Ahead").exists()


def test_a_credit_limit_is_not_negative(market: Market, office: Client) -> None:
    terms = AccountTerms.objects.get(account=market.account)
    data = {"account": market.account.pk, "currency": "EUR", "credit_limit": "-0.01"}

    assert problems(office.post(address(AccountTerms, "change", terms.pk), data)) == [
        "A credit limit cannot be negative: give 0 or more, or leave it empty for none."
    ]
    with pytest.raises(IntegrityError, match="account_terms_credit_limit_not_negative"):
        AccountTerms.objects.filter(pk=terms.pk).update(credit_limit=Decimal("-0.01"))


def test_a_markup_is_a_fraction_that_the_list_shows_as_a_percentage(
    market: Market, office: Client
) -> None:
    product = market.product(None)
    item = {
        "price_list": market.price_list.pk,
        "product": product.pk,
        "unit": product.default_unit_id,
        "method": "markup_current",
        "price_quantity": "1",
        "rounding": "none",
        "selling": "no_control",
    }
    form = office.get(address(PriceListItem, "add")).text
    assert "A fraction: 0.2 is 20 %; at most 10, which is 1000 %." in form

    for typed in ("20", "10"):
        office.post(address(PriceListItem, "add"), {**item, "percentage_rate": typed})

    assert PriceListItem.objects.get().percentage_rate == 10
    assert "1,000%" in office.get(address(PriceListItem, "changelist")).text


def test_a_price_is_not_negative(market: Market, office: Client) -> None:
    product = market.product(None)
    item = {
        "product": product.pk,
        "unit": product.default_unit_id,
        "method": "amount",
        "amount": "-1",
        "price_quantity": "1",
        "rounding": "none",
        "selling": "no_control",
    }

    response = office.post(
        address(type(market.price_list), "change", market.price_list.pk),
        {"name": "List", "currency": "EUR", "is_active": "on", **rows("items", item)},
    )

    assert problems(response) == ["A price cannot be negative: give an amount of 0 or above."]
    assert not PriceListItem.objects.exists()


@pytest.mark.parametrize(
    ("model", "data", "problem"),
    [
        (ExchangeRate, rate("0"), "Give an exchange rate above 0, such as 1.1."),
        (ExchangeRate, rate("-1"), "Give an exchange rate above 0, such as 1.1."),
        (
            ExchangeRate,
            rate("1", "EUR"),
            "An exchange rate is between two currencies: choose another one.",
        ),
        (
            Stage,
            {"name": "Sure", "position": "7", "probability_rate": "90"},
            "Give the probability as a fraction from 0 to 1: 0.1 is 10 %.",
        ),
        (
            Team,
            {"name": "Generous", "discount_limit_rate": "20"},
            "Give the discount limit as a fraction from 0 to 1: 0.1 is 10 %.",
        ),
        (
            PaymentTerms,
            {**TERMS, **rows("instalments", {"share_rate": "100", **DUE})},
            "Give the share as a fraction above 0, at most 1: 0.1 is 10 %.",
        ),
        (
            UnitGroup,
            {"name": "Bags", **rows("units", {"name": "kg", "factor": "0"})},
            "The factor of a unit is above 0; that of the base unit is 1.",
        ),
        (
            UnitGroup,
            {
                "name": "Bags",
                **rows(
                    "units",
                    {"name": "kg", "factor": "1"},
                    {"name": "bag", "factor": "25"},
                    {"name": "sack", "factor": "-2"},
                ),
            },
            "The factor of a unit is above 0; that of the base unit is 1.",
        ),
    ],
)
def test_a_value_beyond_a_rule_is_refused_in_its_sentence(
    office: Client, model: type[Any], data: dict[str, Any], problem: str
) -> None:
    before = model._default_manager.count()

    response = office.post(address(model, "add"), data)

    assert problem in problems(response)
    assert "is violated" not in response.content.decode()
    assert model._default_manager.count() == before
    assert not Instalment.objects.filter(terms__name="Ahead").exists()


@pytest.mark.parametrize("typed", ["1_0", "0.0_1"])
def test_no_number_of_the_admin_has_an_underscore(office: Client, typed: str) -> None:
    data = {**TERMS, "deposit_rate": typed, "due_days": "3_0", **rows("instalments")}

    assert sorted(problems(office.post(address(PaymentTerms, "add"), data))) == [
        "Deposit rate is not a number: enter one, such as 12.50.",
        "Due days is not a whole number: enter one, such as 12.",
    ]
