"""Approvals over HTTP while the quote is being changed: a yes is about what was on the screen."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import User
from sales.models import ApprovalRule, Quote, QuoteApproval
from sales.services.approvals import review_quote
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from tests.concurrency import run_concurrently
from tests.factories import Market, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_yes_never_covers_what_was_typed_at_the_same_moment(transactional_db: None) -> None:
    market = Market()
    manager = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    ApprovalRule.objects.create(name="Discount", measure="discount_rate", threshold=Decimal("0.1"))
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    line = add_line(
        quote,
        actor=market.rep,
        product=market.product("5.00"),
        quantity=Decimal(96),
        discount_rate=Decimal("0.2"),
    )
    rep, approver = signed_in(market.rep), signed_in(manager)
    approve = reverse("sales:quote-approve", args=[quote.pk])
    activate = reverse("sales:quote-activate", args=[quote.pk])
    change = reverse("sales:line-change", args=["quotes", quote.pk, line.pk])

    for round_ in range(ROUNDS):
        quantity = 97 + round_
        typed = {"description": "Cups", "quantity": quantity, "unit_price": "5", "discount": "20%"}
        opened = review_quote(Quote.objects.get(pk=quote.pk)).content_hash
        shown = approver.get(approve).context["seen"]
        answers = {"comment": "", "seen": shown}
        yes, changed = run_concurrently(
            partial(approver.post, approve, answers),
            partial(rep.post, change, typed, headers={"HX-Request": "true"}),
        )

        assert (yes.status_code, changed.status_code) in {(302, 200), (409, 200)}
        given = QuoteApproval.objects.filter(quote=quote)
        assert yes.status_code == 409 or given.latest("decided_at").content_hash == opened
        now = review_quote(Quote.objects.get(pk=quote.pk)).content_hash
        assert now != opened
        assert not given.filter(content_hash=now).exists()
        rep.post(activate)
        assert Quote.objects.get(pk=quote.pk).status == Quote.Status.DRAFT


def test_of_two_who_decide_at_the_same_moment_each_decides_on_what_they_saw(
    transactional_db: None,
) -> None:
    market = Market()
    ApprovalRule.objects.create(name="Discount", measure="discount_rate", threshold=Decimal("0.1"))
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    product: Any = market.product("5.00")
    add_line(quote, actor=market.rep, product=product, discount_rate=Decimal("0.2"))
    team = market.rep.team
    people = [UserFactory.create(role=roles.SALES_MANAGER, team=team) for _ in range(2)]
    clients = [signed_in(person) for person in people]
    approve = reverse("sales:quote-approve", args=[quote.pk])
    seen = [client.get(approve).context["seen"] for client in clients]

    answers = run_concurrently(
        *(
            partial(client.post, approve, {"seen": shown})
            for client, shown in zip(clients, seen, strict=True)
        )
    )

    assert [answer.status_code for answer in answers] == [302, 302]
    quote.refresh_from_db()
    assert {each.content_hash for each in quote.approvals.all()} == {
        review_quote(quote).content_hash
    }
    assert len(set(seen)) == 1
