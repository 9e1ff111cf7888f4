"""Options and statements of the pages of quotes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sales.models import PriceListItem, Quote
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from tests.factories import Market
from tests.sales.quote_steps import quoted


@pytest.fixture
def quote(market: Market) -> Quote:
    return quoted(market, "2")


def test_makes_a_line_optional_and_takes_it_again(rep: Client, quote: Quote) -> None:
    address = reverse("sales:line-option", args=["quotes", quote.pk, quote.lines.get().pk])
    totals = []
    for option in ("open", "taken", "fixed"):
        rep.post(address, {"option": option})
        quote.refresh_from_db()
        totals.append(quote.total)
    assert totals == [Decimal(0), Decimal(240), Decimal(240)]
    assert rep.post(address, {"option": "nonsense"}).status_code == 404


def test_reads_as_often_for_many_lines_as_for_few(
    rep: Client, quote: Quote, market: Market, django_assert_max_num_queries: Any
) -> None:
    long = draft_quote(actor=market.rep, account=market.account, name="Long")
    for _ in range(10):
        add_line(long, actor=market.rep, product=market.product("3.00"))
    PriceListItem.objects.update(amount=Decimal("110.00"))
    for page in ("quotes", "explanations", "price-refresh"):
        args = ["quotes"] if page != "quotes" else []
        name = "sales:quote-detail" if page == "quotes" else f"sales:{page}"
        with django_assert_max_num_queries(80) as few:
            rep.get(reverse(name, args=[*args, quote.pk]))
        with django_assert_max_num_queries(len(few)):
            rep.get(reverse(name, args=[*args, long.pk]))
