from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import Opportunity, User
from sales.models import ApprovalRule, Order, PriceListItem, PromotionCode, Quote, SalesEvent
from sales.services.approvals import decide_approval, quotes_to_approve, request_approval
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, OpportunityFactory, UserFactory


@pytest.fixture
def quote(market: Market) -> Quote:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("100.00"), quantity=Decimal(2))
    return Quote.objects.get(pk=quote.pk)


@pytest.fixture
def rule(db: None) -> ApprovalRule:
    return ApprovalRule.objects.create(
        name="Discount above 10 %", measure="discount_rate", threshold=Decimal("0.1")
    )


@pytest.fixture
def manager(market: Market) -> User:
    user: User = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    return user


@pytest.fixture
def opportunity(market: Market) -> Opportunity:
    found: Opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)
    return found


@pytest.fixture
def rep(client: Client, market: Market) -> Client:
    client.force_login(market.rep)
    return client


def at(name: str, record: Any, *more: Any) -> str:
    return reverse(f"sales:{name}", args=[record.pk, *more])


def break_rule(quote: Quote, market: Market) -> None:
    change_line(quote.lines.get(), actor=market.rep, discount_rate=Decimal("0.15"))


def labels(page: Any) -> dict[str, str]:
    return {str(action.label): str(action.reason) for action in page.context["actions"].all}


# Approvals


def test_says_which_rule_a_quote_breaks_and_asks_for_a_yes(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    page = rep.get(at("quote-detail", quote))
    assert labels(page)["Activate"] == "It needs approval first."
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

    client.post(at("quote-approve", quote), {"comment": "Fine"})

    assert not quotes_to_approve(manager).exists()
    assert activate_quote(quote.pk, actor=market.rep).status == Quote.Status.ACTIVE


def test_a_manager_refuses_with_a_reason(
    client: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    client.force_login(manager)

    without = client.post(at("quote-refuse", quote), {"comment": ""})
    client.post(at("quote-refuse", quote), {"comment": "Too cheap"})

    assert without.status_code == 422
    decision = quote.approvals.get()
    assert (decision.approved, decision.comment) == (False, "Too cheap")
    client.force_login(market.rep)
    assert "Too cheap" in client.get(at("quote-detail", quote)).content.decode()


def test_refuses_to_ask_twice_or_without_need(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market
) -> None:
    needless = rep.post(at("quote-ask-approval", quote), {"comment": ""})
    break_rule(quote, market)
    rep.post(at("quote-ask-approval", quote), {"comment": ""})
    again = rep.post(at("quote-ask-approval", quote), {"comment": ""})

    assert (needless.status_code, again.status_code) == (422, 422)
    assert SalesEvent.objects.filter(data__has_key="approval_asked").count() == 1


def test_any_change_after_the_yes_asks_again(
    rep: Client, quote: Quote, rule: ApprovalRule, market: Market, manager: User
) -> None:
    break_rule(quote, market)
    decide_approval(quote.pk, actor=manager, approved=True)
    assert labels(rep.get(at("quote-detail", quote)))["Activate"] == ""

    change_line(quote.lines.get(), actor=market.rep, quantity=Decimal(3))

    page = rep.get(at("quote-detail", quote))
    assert labels(page)["Activate"] == "It needs approval first."
    assert "about earlier content" in page.content.decode()


def test_approving_is_closed_to_reps_strangers_and_auditors(
    client: Client, quote: Quote, rule: ApprovalRule, market: Market
) -> None:
    break_rule(quote, market)
    stranger = UserFactory.create(role=roles.SALES_MANAGER)
    auditor = UserFactory.create(role=roles.AUDITOR)
    for who, status in ((market.rep, 403), (stranger, 404), (auditor, 403)):
        client.force_login(who)
        for verb in ("quote-approve", "quote-refuse"):
            assert client.post(at(verb, quote), {"comment": "x"}).status_code == status
    client.force_login(auditor)
    assert client.post(at("quote-ask-approval", quote), {}).status_code == 403
    assert not quote.approvals.exists()


# Opportunities


def test_computes_an_opportunitys_revenue_from_its_lines(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    product = market.product("19.99", sku="GRIND-1")
    rep.post(at("opportunity-revenue", opportunity), {"computed": "yes"})
    rep.post(at("opportunity-add-line", opportunity), {"product": "grind-1", "quantity": "3"})
    rep.post(
        at("opportunity-add-line", opportunity),
        {"product": product.sku, "quantity": "1", "unit_price": "10"},
    )
    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == Decimal("69.97")

    rep.post(at("opportunity-remove-line", opportunity, opportunity.lines.latest("position").pk))

    opportunity.refresh_from_db()
    assert opportunity.expected_revenue == Decimal("59.97")


def test_refuses_a_product_nobody_knows(rep: Client, opportunity: Opportunity) -> None:
    answers = {"product": "no such thing", "quantity": "1"}
    page = rep.post(at("opportunity-add-line", opportunity), answers)
    assert page.status_code == 422
    assert not opportunity.lines.exists()


def test_quotes_and_orders_an_opportunitys_lines(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    product = market.product("19.99")
    add_opportunity_line(opportunity.pk, actor=market.rep, product=product, quantity=Decimal(3))

    rep.post(at("opportunity-quote", opportunity), {"valid_until": "2030-01-31"})
    rep.post(at("opportunity-order", opportunity), {"requested_on": ""})

    quote, order = opportunity.quotes.get(), opportunity.orders.get()
    assert (quote.total, str(quote.valid_until)) == (Decimal("71.96"), "2030-01-31")
    assert (order.total, order.name) == (Decimal("71.96"), opportunity.name)


def test_a_draft_takes_its_opportunitys_lines(
    rep: Client, market: Market, opportunity: Opportunity
) -> None:
    quote = draft_quote(
        actor=market.rep, account=market.account, name="Later", opportunity=opportunity
    )
    assert "Take lines from the opportunity" not in labels(rep.get(at("quote-detail", quote)))
    add_opportunity_line(opportunity.pk, actor=market.rep, product=market.product("5.00"))

    assert "Take lines from the opportunity" in labels(rep.get(at("quote-detail", quote)))
    rep.post(at("quote-take-lines", quote))

    assert Quote.objects.get(pk=quote.pk).total == Decimal("6.00")


def test_opportunity_lines_are_closed_to_strangers_and_auditors(
    client: Client, market: Market, opportunity: Opportunity
) -> None:
    market.product("5.00", sku="CUP-1")
    for who, status in ((UserFactory.create(), 404), (UserFactory.create(role=roles.AUDITOR), 403)):
        client.force_login(who)
        answers = {"product": "CUP-1", "quantity": "1"}
        assert client.post(at("opportunity-add-line", opportunity), answers).status_code == status
        for verb in ("opportunity-revenue", "opportunity-quote", "opportunity-order"):
            answer = client.post(at(verb, opportunity), {"valid_until": "2030-01-31"})
            assert answer.status_code == status
    assert not opportunity.lines.exists()
    assert not Quote.objects.exists()


# Promotions and prices


def test_applies_and_takes_off_a_promotion_code(rep: Client, quote: Quote, market: Market) -> None:
    PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=Decimal("0.1"))

    rep.post(reverse("sales:promotion-add", args=["quotes", quote.pk]), {"promotion": "spring"})

    quote.refresh_from_db()
    assert quote.total == Decimal("216.00")
    assert "−€20.00" in rep.get(at("quote-detail", quote)).content.decode()
    rep.post(reverse("sales:promotion-remove", args=["quotes", quote.pk, "SPRING"]))
    quote.refresh_from_db()
    assert quote.total == Decimal("240.00")


def test_refuses_a_code_nobody_knows_and_keeps_it_typed(rep: Client, quote: Quote) -> None:
    address = reverse("sales:promotion-add", args=["quotes", quote.pk])
    page = rep.post(address, {"promotion": "NOPE"})
    assert page.status_code == 422
    assert page.context["promotions"].form["promotion"].value() == "NOPE"
    assert "There is no promotion code NOPE" in page.content.decode()
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
    assert (nothing.status_code, stale.status_code) == (422, 422)
    assert "changed by somebody else" in stale.content.decode()
    line.refresh_from_db()
    assert line.unit_price == 100


def test_agreed_prices_say_why_they_are_locked_and_are_unlocked_by_right(
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


def test_prices_and_codes_are_closed_to_strangers_and_auditors(
    client: Client, quote: Quote
) -> None:
    PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=Decimal("0.1"))
    doors = [
        reverse("sales:promotion-add", args=["quotes", quote.pk]),
        reverse("sales:price-refresh", args=["quotes", quote.pk]),
        reverse("sales:line-option", args=["quotes", quote.pk, quote.lines.get().pk]),
    ]
    for who in (UserFactory.create(), UserFactory.create(role=roles.AUDITOR)):
        client.force_login(who)
        for door in doors:
            answer = client.post(door, {"promotion": "SPRING", "option": "open"})
            assert answer.status_code == 404
    assert not quote.promotions.exists()


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
    for door in ("quotes", "why", "price-refresh"):
        args = ["quotes"] if door != "quotes" else []
        name = "sales:quote-detail" if door == "quotes" else f"sales:{door}"
        with django_assert_max_num_queries(80) as few:
            rep.get(reverse(name, args=[*args, quote.pk]))
        with django_assert_max_num_queries(len(few)):
            rep.get(reverse(name, args=[*args, long.pk]))
