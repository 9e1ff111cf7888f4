"""Approvals on the pages of quotes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import User
from sales.models import ApprovalRule, Product, Quote, SalesEvent
from sales.services.approvals import quotes_to_approve, request_approval, review_quote
from sales.services.documents.drafts import change_head
from sales.services.documents.lines import add_line, change_line
from sales.services.quotes import activate_quote
from tests.approvals import decide
from tests.factories import Market, UserFactory
from tests.sales.quote_steps import quoted


@pytest.fixture
def quote(market: Market) -> Quote:
    return quoted(market, "2")


@pytest.fixture
def rule(db: None) -> ApprovalRule:
    return ApprovalRule.objects.create(
        name="Discount above 10 %", measure="discount_rate", threshold=Decimal("0.1")
    )


@pytest.fixture
def manager(market: Market) -> User:
    user: User = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    return user


def at(name: str, record: Any, *more: Any) -> str:
    return reverse(f"sales:{name}", args=[record.pk, *more])


def break_rule(quote: Quote, market: Market) -> None:
    change_line(quote.lines.get(), actor=market.rep, discount_rate=Decimal("0.15"))


def seen(client: Client, url: str) -> str:
    """Open the page that decides on a quote; it names what is decided on."""
    named: str = client.get(url).context["seen"]
    return named


def facts(page: Any) -> dict[str, str]:
    return {str(fact.label): str(fact.value) for fact in page.context["facts"]}


UNAPPROVED = "The quote needs approval: Discount above 10 % (15%). Ask for approval first."


def labels(page: Any) -> dict[str, str]:
    return {str(action.label): str(action.reason) for action in page.context["actions"].all}


def test_shows_which_rule_a_quote_breaks_and_requests_approval(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    page = rep.get(at("quote-detail", quote))
    assert labels(page)["Activate"] == UNAPPROVED
    assert "The discount is 15%; up to 10% needs no approval." in page.content.decode()

    rep.post(at("quote-ask-approval", quote), {"comment": "A big chain"})

    assert "A big chain" in rep.get(at("quote-detail", quote)).content.decode()
    assert list(quotes_to_approve(manager)) == [quote]
    assert not quotes_to_approve(market.rep).exists()


def test_a_manager_finds_the_quote_at_home_and_approves_it(
    client: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    request_approval(quote.pk, actor=market.rep)
    client.force_login(manager)
    assert "Quotes waiting for your approval" in client.get("/").content.decode()
    assert f"{at('quote-detail', quote)}#approval" in client.get("/").content.decode()

    url = at("quote-approve", quote)
    client.post(url, {"comment": "Fine", "seen": seen(client, url)})

    assert not quotes_to_approve(manager).exists()
    assert activate_quote(quote.pk, actor=market.rep).status == Quote.Status.ACTIVE


def test_a_manager_refuses_with_a_reason(
    client: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    client.force_login(manager)

    url = at("quote-refuse", quote)
    without = client.post(url, {"comment": "", "seen": seen(client, url)})
    client.post(url, {"comment": "Too cheap", "seen": seen(client, url)})

    assert without.status_code == 422
    decision = quote.approvals.get()
    assert (decision.approved, decision.comment) == (False, "Too cheap")
    client.force_login(market.rep)
    page = client.get(at("quote-detail", quote))
    assert "Too cheap" in page.content.decode()
    assert labels(page)["Activate"] == (
        f"{manager} refused this quote: Too cheap. Change it, then ask again."
    )


def test_refuses_to_request_approval_twice_or_without_need(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market
) -> None:
    needless = rep.post(at("quote-ask-approval", quote), {"comment": ""})
    break_rule(quote, market)
    rep.post(at("quote-ask-approval", quote), {"comment": ""})
    again = rep.post(at("quote-ask-approval", quote), {"comment": ""})

    assert (needless.status_code, again.status_code) == (422, 422)
    assert SalesEvent.objects.filter(data__has_key="approval_asked").count() == 1


def test_any_change_after_the_approval_needs_a_new_one(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    decide(quote, actor=manager)
    assert labels(rep.get(at("quote-detail", quote)))["Activate"] == ""

    change_line(quote.lines.get(), actor=market.rep, quantity=Decimal(3))

    page = rep.get(at("quote-detail", quote))
    assert labels(page)["Activate"] == UNAPPROVED
    assert "for an earlier version" in page.content.decode()


def test_approving_is_refused_to_reps_other_teams_and_auditors(
    client: Client, quote: Quote, rule: ApprovalRule, market: Market
) -> None:
    break_rule(quote, market)
    stranger = UserFactory.create(role=roles.SALES_MANAGER)
    auditor = UserFactory.create(role=roles.AUDITOR)
    for who, status in ((market.rep, 403), (stranger, 404), (auditor, 403)):
        client.force_login(who)
        for verb in ("quote-approve", "quote-refuse"):
            answers = {"comment": "x", "seen": review_quote(quote).shown}
            assert client.get(at(verb, quote)).status_code == status
            assert client.post(at(verb, quote), answers).status_code == status
    client.force_login(auditor)
    assert client.post(at("quote-ask-approval", quote), {}).status_code == 403
    assert not quote.approvals.exists()


@pytest.fixture
def cups(market: Market) -> Product:
    return market.product("5.00", name="Cups", standard_cost=Decimal(4))


@pytest.fixture
def approver(client: Client, manager: User) -> Client:
    """The manager, signed in."""
    client.force_login(manager)
    return client


def test_shows_the_approver_what_is_decided_on(
    approver: Client, quote: Quote, rule: ApprovalRule, market: Market, cups: Product
) -> None:
    break_rule(quote, market)
    add_line(quote, actor=market.rep, product=cups, quantity=Decimal(96), unit_price=Decimal(4))
    request_approval(quote.pk, actor=market.rep, comment="A big chain")

    page = approver.get(at("quote-approve", quote))

    assert f">{market.account}<" in facts(page)["Customer"]
    assert facts(page)["Total"] == "€664.80"
    assert facts(page)["Discount against list"] == "18.53% · €126.00 of €680.00"
    assert facts(page)["Margin"] == "0% · €0.00 · 1 line without a cost left out"
    assert [(row.title, row.detail) for row in page.context["reasons"]] == [
        ("Discount above 10 %", "The discount is 18.53%; up to 10% needs no approval."),
        (f"{market.rep} asked for approval", "A big chain"),
    ]
    assert [
        (line.description, line.quantity, line.list_price, line.price, line.discount, line.net)
        for line in page.context["lines"]
    ] == [
        ("Espresso machine", "2", "€100.00", "€100.00", "15%", "€170.00"),
        ("Cups", "96", "€5.00", "€4.00", "", "€384.00"),
    ]
    assert "Nobody has approved this quote before." in page.content.decode()


def test_lists_what_changed_since_the_last_approval(
    approver: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User, cups: Product
) -> None:
    line = add_line(quote, actor=market.rep, product=cups, quantity=Decimal(96))
    break_rule_of_first(quote, market)
    decide(quote, actor=manager)
    again = approver.get(at("quote-approve", quote)).content.decode()
    change_line(line, actor=market.rep, quantity=Decimal(97))
    change_head(quote, actor=market.rep, valid_until=market.company.today())

    page = approver.get(at("quote-approve", quote))

    assert f"{manager} approved exactly this on" in again
    assert f"Changed since {manager} approved it on" in page.content.decode()
    assert [
        (change.subject, str(change.label), change.before, change.after)
        for change in page.context["changes"]
    ][1:] == [
        ("Cups", "Quantity", "96", "97"),
        ("Cups", "Net", "€480.00", "€485.00"),
        ("Total", "", "€780.00", "€786.00"),
    ]


def break_rule_of_first(quote: Quote, market: Market) -> None:
    first = quote.lines.earliest("position")
    change_line(first, actor=market.rep, discount_rate=Decimal("0.15"), quantity=Decimal(2))


@pytest.mark.parametrize("verb", ["quote-approve", "quote-refuse"])
def test_does_not_decide_on_what_was_changed_since_it_was_opened(
    approver: Client,
    quote: Quote,
    rule: ApprovalRule,
    market: Market,
    cups: Product,
    verb: str,
) -> None:
    break_rule(quote, market)
    line = add_line(quote, actor=market.rep, product=cups, quantity=Decimal(96))
    opened = seen(approver, at(verb, quote))
    change_line(line, actor=market.rep, quantity=Decimal(97))

    answers = {"comment": "Go on", "seen": opened}
    refused = approver.post(at(verb, quote), answers)

    assert refused.status_code == 409
    assert "The quote was changed since you opened it" in refused.content.decode()
    assert [line.quantity for line in refused.context["lines"]] == ["2", "97"]
    assert refused.context["form"]["comment"].value() == "Go on"
    assert refused.context["seen"] != opened
    assert not quote.approvals.exists()

    approver.post(at(verb, quote), {"comment": "Go on", "seen": refused.context["seen"]})
    assert quote.approvals.get().content["lines"][1]["quantity"] == "97"


def test_approves_nothing_that_was_not_shown(
    approver: Client, quote: Quote, rule: ApprovalRule, market: Market
) -> None:
    break_rule(quote, market)
    for answers in ({"comment": ""}, {"comment": "", "seen": ""}, {"comment": "", "seen": "x\x00"}):
        assert approver.post(at("quote-approve", quote), answers).status_code == 409
    assert not quote.approvals.exists()


def test_says_which_exchange_rate_is_missing(
    client: Client, quote: Quote, market: Market, manager: User
) -> None:
    ApprovalRule.objects.create(name="Margin", measure="margin_rate", threshold=Decimal("0.3"))
    abroad = market.product("90.00", current_cost=Decimal(80), cost_currency="USD")
    add_line(quote, actor=market.rep, product=abroad)
    sentence = "No exchange rate from USD to EUR is known: an administrator enters it first."

    client.force_login(market.rep)
    page = client.get(at("quote-detail", quote))
    client.force_login(manager)
    decision = client.get(at("quote-approve", quote))
    answers = {"comment": "", "seen": decision.context["seen"]}

    assert labels(page)["Activate"] == sentence
    assert facts(decision)["Margin"] == sentence
    assert client.post(at("quote-approve", quote), answers).status_code == 422
    assert not quote.approvals.exists()


def test_shows_margins_only_to_those_who_may_approve(
    client: Client, quote: Quote, market: Market, manager: User, cups: Product
) -> None:
    ApprovalRule.objects.create(name="Margin", measure="margin_rate", threshold=Decimal("0.3"))
    add_line(quote, actor=market.rep, product=cups)
    shown = {}
    for who in (market.rep, manager):
        client.force_login(who)
        shown[who] = client.get(at("quote-detail", quote)).content.decode()
    client.force_login(market.rep)
    refused = client.post(at("quote-activate", quote), follow=True).content.decode()

    assert "The margin is 20%; below 30% it needs approval." in shown[manager]
    assert "The margin is below 30%." in shown[market.rep]
    assert "The quote needs approval: Margin." in refused
    assert "20%;" not in shown[market.rep] + refused


def test_names_typed_prices_that_are_on_no_list(
    approver: Client, quote: Quote, market: Market
) -> None:
    grinder = market.product(None, name="Grinder")
    add_line(quote, actor=market.rep, product=grinder, unit_price=Decimal(80))

    page = approver.get(at("quote-approve", quote))

    assert [row.title for row in page.context["reasons"]] == ["No list price: Grinder"]
    assert [(line.list_price, line.note) for line in page.context["lines"]] == [
        ("€100.00", ""),
        ("–", "no list price"),
    ]
