"""Pages that explain a figure step by step."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from sales.models import Invoice, Order, Quote
from sales.services.documents.drafts import change_head, draft_quote
from sales.services.documents.lines import add_line
from tests.factories import Market, UserFactory


@pytest.fixture
def quote(market: Market) -> Quote:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("33.33"), quantity=Decimal(3))
    change_head(quote, actor=market.rep, discount_rate=Decimal("0.07"), freight=Decimal(5))
    return Quote.objects.get(pk=quote.pk)


def explanation_url(document: Quote | Order | Invoice, figure: str = "") -> str:
    kind = f"{document._meta.model_name}s"
    if figure:
        return reverse("sales:explanation", args=[kind, document.pk, figure])
    return reverse("sales:explanations", args=[kind, document.pk])


def test_shows_every_step_to_the_total(client: Client, market: Market, quote: Quote) -> None:
    client.force_login(market.rep)

    [totals] = client.get(explanation_url(quote, "total")).context["sections"]

    steps = [(each.label, each.result) for each in totals.steps]
    assert steps == [
        ("Detail", "€99.99"),
        ("Discount", "€7.00"),
        ("Pre-freight", "€92.99"),
        ("Tax at 20 %", "€18.60"),
        ("Tax", "€18.60"),
        ("Total", "€116.59"),
    ]
    assert totals.steps[0].values == [("1 Espresso machine", "€99.99")]
    assert totals.steps[1].values == [("detail", "€99.99"), ("header rate", "7%")]


def test_stops_at_the_figure_one_asks_about(client: Client, market: Market, quote: Quote) -> None:
    client.force_login(market.rep)
    [totals] = client.get(explanation_url(quote, "discount")).context["sections"]
    assert [each.label for each in totals.steps] == ["Detail", "Discount"]


def test_shows_the_steps_of_a_line_in_the_dialog(
    client: Client, market: Market, quote: Quote
) -> None:
    client.force_login(market.rep)
    answer = client.get(
        explanation_url(quote, str(quote.lines.get().pk)), headers={"HX-Request": "true"}
    )
    shown = answer.content.decode()
    assert "<html" not in shown
    assert "= quantity × unit price" in shown
    assert "rounded half up to 2 decimals" in shown


def test_finds_no_other_figure(client: Client, market: Market, quote: Quote) -> None:
    client.force_login(market.rep)
    assert client.get(explanation_url(quote, "colour")).status_code == 404


def test_is_refused_to_other_teams_and_open_to_auditors(client: Client, quote: Quote) -> None:
    for who, status in ((UserFactory.create(), 404), (UserFactory.create(role=roles.AUDITOR), 200)):
        client.force_login(who)
        assert client.get(explanation_url(quote)).status_code == status
