"""Exchange rates: direct, inverse or crossed, and frozen on documents."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from sales.models import Company, ExchangeRate
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from sales.services.prices.exchange_rates import rate_between
from tests.factories import Market, PriceListItemFactory


def rate(currency: str, day: str, value: str, base: str = "EUR") -> None:
    ExchangeRate.objects.create(
        base=base, currency=currency, valid_on=dt.date.fromisoformat(day), rate=Decimal(value)
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("base", "currency", "expected"),
    [
        ("EUR", "EUR", ("2026-11-22", "1")),
        ("EUR", "USD", ("2026-11-20", "1.08")),
        ("USD", "EUR", ("2026-11-20", "0.925925925926")),  # 1 / 1.08
        ("USD", "JPY", ("2026-11-19", "148.148148148148")),  # 160 / 1.08, both of the 19th
        ("USD", "CHF", None),
    ],
)
def test_a_rate_is_direct_turned_around_or_crossed_within_one_day(
    base: str, currency: str, expected: tuple[str, str] | None
) -> None:
    rate("USD", "2026-11-20", "1.08")
    rate("USD", "2026-11-19", "1.08")
    rate("JPY", "2026-11-19", "160")
    rate("JPY", "2026-11-30", "999")
    rate("CHF", "2026-11-18", "0.93")

    found = rate_between(base, currency, dt.date(2026, 11, 22))

    assert (found and (str(found.on), str(found.rate).rstrip("0").rstrip("."))) == expected


@pytest.mark.django_db
def test_a_rate_quoted_against_the_base_comes_before_a_crossed_one() -> None:
    rate("USD", "2026-11-20", "1.08")
    rate("JPY", "2026-11-20", "160")
    rate("JPY", "2026-11-20", "150", base="USD")

    found = rate_between("USD", "JPY", dt.date(2026, 11, 20))

    assert found is not None
    assert found.rate == 150


@pytest.mark.django_db
def test_the_rate_of_the_day_is_frozen_when_an_order_is_submitted() -> None:
    market = Market(currency="JPY")
    Company.objects.update(base_currency="USD")
    today = market.company.today()
    rate("USD", str(today - dt.timedelta(days=2)), "1.10")
    rate("JPY", str(today - dt.timedelta(days=2)), "165")
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("1000"))
    assert order.exchange_rate == 150

    rate("USD", str(today - dt.timedelta(days=1)), "1.00")
    rate("JPY", str(today - dt.timedelta(days=1)), "160")
    order = submit_order(order.pk, actor=market.rep)
    rate("USD", str(today), "2")
    rate("JPY", str(today), "160")

    order.refresh_from_db()
    assert order.exchange_rate == 160
    assert order.exchange_rate_on == today - dt.timedelta(days=1)


@pytest.mark.django_db
def test_without_a_known_rate_the_document_shows_that_it_is_missing() -> None:
    market = Market(currency="JPY")
    PriceListItemFactory.create(price_list=market.price_list)

    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")

    assert order.exchange_rate == 1
    assert order.exchange_rate_on is None
