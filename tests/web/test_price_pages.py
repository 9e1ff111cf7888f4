"""Promotion codes, price refresh and price locks on the pages of documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from sales.models import Order, PriceListItem, PromotionCode, Quote
from sales.services.documents.lines import change_line
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, UserFactory
from tests.sales.quote_steps import quoted


@pytest.fixture
def quote(market: Market) -> Quote:
    return quoted(market, "2")


def at(name: str, record: Any, *more: Any) -> str:
    return reverse(f"sales:{name}", args=[record.pk, *more])


def labels(page: Any) -> dict[str, str]:
    return {str(action.label): str(action.reason) for action in page.context["actions"].all}


def test_applies_and_takes_off_a_promotion_code(rep: Client, quote: Quote, market: Market) -> None:
    PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=Decimal("0.1"))

    rep.post(reverse("sales:promotion-add", args=["quotes", quote.pk]), {"promotion": "spring"})

    quote.refresh_from_db()
    assert quote.total == Decimal("216.00")
    assert "−€20.00" in rep.get(at("quote-detail", quote)).content.decode()
    rep.post(reverse("sales:promotion-remove", args=["quotes", quote.pk, "SPRING"]))
    quote.refresh_from_db()
    assert quote.total == Decimal("240.00")


def test_refuses_an_unknown_code_and_keeps_it_typed(rep: Client, quote: Quote) -> None:
    address = reverse("sales:promotion-add", args=["quotes", quote.pk])
    page = rep.post(address, {"promotion": "NOPE"})
    assert page.status_code == 422
    assert page.context["promotions"].form["promotion"].value() == "NOPE"
    assert "There is no promotion code NOPE: check how it is spelled." in page.content.decode()
    assert not quote.promotions.exists()


def test_marks_drifted_prices_and_refreshes_them_after_a_preview(rep: Client, quote: Quote) -> None:
    assert labels(rep.get(at("quote-detail", quote)))["Refresh prices"]
    PriceListItem.objects.update(amount=Decimal("110.00"))
    page = rep.get(at("quote-detail", quote))
    assert "list now €110.00" in page.content.decode()
    assert labels(page)["Refresh prices"] == ""
    address = reverse("sales:price-refresh", args=["quotes", quote.pk])

    totals = rep.get(address).context["totals"]
    quote.refresh_from_db()
    before = quote.total
    line = str(quote.lines.get().pk)
    answer = rep.post(address, {"version": str(quote.version), "lines": [line], "step": "refresh"})

    assert [amount for _, amount in totals] == ["€240.00", "€264.00"]
    assert before == 240
    assert answer.status_code == 302
    quote.refresh_from_db()
    assert quote.total == 264


def test_refuses_to_refresh_nothing_or_a_document_somebody_changed(
    rep: Client, quote: Quote, market: Market
) -> None:
    PriceListItem.objects.update(amount=Decimal("110.00"))
    address = reverse("sales:price-refresh", args=["quotes", quote.pk])
    line = quote.lines.get()
    seen = {"version": str(quote.version), "step": "refresh"}
    nothing = rep.post(address, seen)
    change_line(line, actor=market.rep, quantity=Decimal(3))
    stale = rep.post(address, {**seen, "lines": [str(line.pk)]})
    assert (nothing.status_code, stale.status_code) == (422, 409)
    assert "was changed since you opened it" in stale.content.decode()
    line.refresh_from_db()
    assert line.unit_price == 100


def test_shows_why_agreed_prices_are_locked_and_unlocks_them_by_right(
    client: Client, quote: Quote, market: Market
) -> None:
    activate_quote(quote.pk, actor=market.rep)
    order = accept_quote(quote.pk, actor=market.rep)
    client.force_login(market.rep)
    page = client.get(at("order-detail", order))
    assert "The prices were agreed in Q-" in page.content.decode()
    group = market.rep.groups.get()
    right = group.permissions.get(codename="override_price")
    group.permissions.remove(right)
    assert client.post(at("order-unlock-prices", order)).status_code == 403
    assert Order.objects.get().prices_are_locked
    group.permissions.add(right)

    client.post(at("order-unlock-prices", order))

    assert not Order.objects.get().prices_are_locked


def test_prices_and_codes_are_refused_to_other_teams_and_auditors(
    client: Client, quote: Quote
) -> None:
    PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=Decimal("0.1"))
    urls = [
        reverse("sales:promotion-add", args=["quotes", quote.pk]),
        reverse("sales:price-refresh", args=["quotes", quote.pk]),
        reverse("sales:line-option", args=["quotes", quote.pk, quote.lines.get().pk]),
    ]
    for who in (UserFactory.create(), UserFactory.create(role=roles.AUDITOR)):
        client.force_login(who)
        for url in urls:
            answer = client.post(url, {"promotion": "SPRING", "option": "open"})
            assert answer.status_code == 404
    assert not quote.promotions.exists()
