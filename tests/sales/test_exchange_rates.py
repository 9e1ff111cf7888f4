"""Exchange rates: direct, inverse or crossed, and frozen on documents."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest

from common.formatting import format_day
from sales.models import AnyDocument, Company, ExchangeRate
from sales.pricing.errors import NoExchangeRate
from sales.services.documents.drafts import draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from sales.services.prices.exchange_rates import rate_between
from sales.services.quotes import activate_quote
from tests.factories import Market


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


def in_yen(market: Market, kind: Callable[..., AnyDocument]) -> AnyDocument:
    """A draft in yen, of which no rate is known."""
    ExchangeRate.objects.all().delete()
    draft = kind(actor=market.rep, account=market.account, name="Bar refit")
    add_line(draft, actor=market.rep, product=market.product("1000"))
    assert (draft.exchange_rate, draft.exchange_rate_on) == (Decimal(1), None)
    return draft


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "issue"),
    [
        (draft_quote, activate_quote),
        (draft_order, submit_order),
        (draft_invoice, issue_invoice),
    ],
)
def test_without_a_rate_no_document_in_another_currency_is_issued(
    kind: Callable[..., AnyDocument], issue: Callable[..., AnyDocument]
) -> None:
    market = Market(currency="JPY")
    draft, today = in_yen(market, kind), market.company.today()

    with pytest.raises(NoExchangeRate) as refusal:
        issue(draft.pk, actor=market.rep)

    assert refusal.value.field == "currency"
    assert str(refusal.value) == (
        f"No exchange rate from EUR to JPY is known on {format_day(today)}: "
        "have one entered in the admin under Exchange rates."
    )
    draft.refresh_from_db()
    assert draft.number is None

    rate("JPY", str(today), "160")
    assert issue(draft.pk, actor=market.rep).exchange_rate == 160


@pytest.mark.django_db
def test_the_base_currency_needs_no_rate() -> None:
    market = Market()
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("1000"))

    assert submit_order(order.pk, actor=market.rep).exchange_rate == 1
