"""Actions on what was deleted at the same moment, or before: a refusal in words, never an error."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import User
from sales.models import AnyDocument, Invoice, OpportunityLine
from sales.services.documents.drafts import draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.opportunity_lines import add_opportunity_line
from tests.concurrency import run_concurrently
from tests.factories import Market, OpportunityFactory, UserFactory
from tests.web.refusals import errors_shown
from web.record_urls import record_url

ROUNDS = int(os.environ.get("ROUNDS", "2"))
HTMX = {"HX-Request": "true"}
HEADERS = pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
USABLE = {200, 302, 303, 422}
DRAFTS: dict[str, Callable[..., AnyDocument]] = {
    "quotes": draft_quote,
    "orders": draft_order,
    "invoices": draft_invoice,
}

ON_A_DRAFT_INVOICE = (
    "sales:invoice-delete", "sales:invoice-issue", "sales:invoice-edit", "sales:invoice-pay",
    "sales:invoice-refund", "sales:invoice-write-off", "sales:invoice-apply-credit",
    "sales:invoice-keep-as-credit", "sales:invoice-credit",
)  # fmt: skip
ON_ITS_LINES = ("line-add", "line-write-in", "line-deduction", "line-text", "price-refresh")
ON_A_LINE = ("line-remove", "line-change", "line-edit", "line-option")
TYPED = {
    "description": "Cups", "quantity": "2", "unit_price": "5", "discount": "", "option": "open",
    "kind": "note", "name": "Refit", "reason": "Broken", "amount": "1", "step": "refresh",
}  # fmt: skip


def person(market: Market) -> User:
    """Back office of the market, who may do everything with documents."""
    return UserFactory.create(role=roles.BACK_OFFICE, team=market.rep.team)


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def drafted(market: Market, kind: str = "invoices") -> AnyDocument:
    draft = DRAFTS[kind](actor=market.rep, account=market.account, name="Refit")
    add_line(draft, actor=market.rep, product=market.product("5.00"))
    return draft


def at_once(market: Market, first: str, second: str, headers: dict[str, str]) -> list[int]:
    """Post to two URLs at the same moment, each twice, as two persons."""
    clients = [signed_in(person(market)) for _ in range(4)]
    posts = [
        partial(each.post, url, TYPED, headers=headers)
        for each, url in zip(clients, (first, second) * 2, strict=True)
    ]
    return [answer.status_code for answer in run_concurrently(*posts)]


@HEADERS
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", [*ON_A_DRAFT_INVOICE, *ON_ITS_LINES, *ON_A_LINE])
def test_deleting_a_draft_against_each_action(name: str, headers: dict[str, str]) -> None:
    market = Market()
    statuses: set[int] = set()

    for _ in range(ROUNDS):
        draft = drafted(market)
        below = ["invoices", draft.pk] if name in (*ON_ITS_LINES, *ON_A_LINE) else [draft.pk]
        line = [draft.lines.all()[0].pk] if name in ON_A_LINE else []
        action = reverse(name if ":" in name else f"sales:{name}", args=[*below, *line])
        delete = reverse("sales:invoice-delete", args=[draft.pk])
        statuses.update(at_once(market, delete, action, headers))

    assert statuses <= USABLE


@HEADERS
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ON_A_LINE)
@pytest.mark.parametrize("kind", DRAFTS)
def test_removing_a_line_against_each_action(kind: str, name: str, headers: dict[str, str]) -> None:
    market = Market()
    statuses: set[int] = set()

    for _ in range(ROUNDS):
        draft = drafted(market, kind)
        args = [kind, draft.pk, draft.lines.all()[0].pk]
        remove = reverse("sales:line-remove", args=args)
        statuses.update(at_once(market, remove, reverse(f"sales:{name}", args=args), headers))
        assert draft.lines.count() == 0

    assert statuses <= USABLE


@HEADERS
@pytest.mark.django_db(transaction=True)
def test_removing_a_line_of_an_opportunity_twice(headers: dict[str, str]) -> None:
    market = Market()
    opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)

    for _ in range(ROUNDS):
        line = add_opportunity_line(
            opportunity.pk, actor=market.rep, product=market.product("5.00")
        )
        url = reverse("sales:opportunity-remove-line", args=[opportunity.pk, line.pk])
        assert set(at_once(market, url, url, headers)) <= USABLE
        assert not OpportunityLine.objects.filter(pk=line.pk).exists()


def way_and_reason(client: Client, answer: Any) -> tuple[str, list[str]]:
    """Where an answer leads, and the errors that are shown there."""
    assert answer.status_code == 303
    return answer["Location"], errors_shown(client.get(answer["Location"]))


@pytest.mark.django_db
def test_says_who_deleted_a_draft_and_leads_to_the_list() -> None:
    market = Market()
    draft = drafted(market)
    mine, theirs = signed_in(person(market)), signed_in(market.rep)
    url = reverse("sales:invoice-delete", args=[draft.pk])
    first = mine.post(url)
    mine.get(first["Location"])

    again, late = mine.post(url), theirs.post(reverse("sales:invoice-issue", args=[draft.pk]))

    deleter = str(User.objects.get(pk=mine.session["_auth_user_id"]))
    invoices = reverse("sales:invoice-list")
    assert way_and_reason(mine, again) == (invoices, ["You deleted this invoice already."])
    assert way_and_reason(theirs, late) == (
        invoices,
        [f"This invoice was deleted meanwhile by {deleter}."],
    )


@pytest.mark.django_db
def test_leads_from_a_removed_line_to_its_document() -> None:
    market = Market()
    draft = drafted(market, "quotes")
    mine, theirs = signed_in(market.rep), signed_in(person(market))
    args = ["quotes", draft.pk, draft.lines.all()[0].pk]
    mine.post(reverse("sales:line-remove", args=args))

    late = theirs.post(reverse("sales:line-edit", args=args), TYPED)

    assert way_and_reason(theirs, late) == (
        record_url(draft),
        [f"This quote line was deleted meanwhile by {market.rep}."],
    )


@pytest.mark.django_db
def test_tells_strangers_and_readers_nothing() -> None:
    market = Market()
    draft = drafted(market)
    delete_draft_invoice(draft.pk, actor=market.rep)
    url = reverse("sales:invoice-issue", args=[draft.pk])

    stranger = signed_in(UserFactory.create(role=roles.SALES_MANAGER))

    assert stranger.post(url).status_code == 404
    assert stranger.get(record_url(draft)).status_code == 404
    assert not Invoice.objects.filter(pk=draft.pk).exists()
