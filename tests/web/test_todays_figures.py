"""Drafts on the screen after a tax rate changed: what changed is shown, and only that is issued."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm import roles
from sales.models import (
    AnyDocument,
    ApprovalRule,
    BundleItem,
    Order,
    Product,
    Quote,
    TaxRate,
)
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.promotions import apply_promotion
from tests.concurrency import run_concurrently
from tests.factories import Market, UserFactory
from tests.sales.order_steps import submitted
from tests.sales.promotion_codes import code
from web.record_urls import record_url

HTMX = {"HX-Request": "true"}
SEEN = re.compile('<input type="hidden" name="seen" value="([0-9a-f]{64})" form="issue">')

KINDS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "quote": (draft_quote, "quote-activate", "The quote is activated"),
    "order": (draft_order, "order-submit", "The order is submitted"),
    "invoice": (draft_invoice, "invoice-issue", "The invoice is issued"),
}


def rate_changes(rate: str) -> None:
    TaxRate.objects.update(rate=Decimal(rate))


def cups(market: Market, kind: str = "order", boxes: int = 1, **line: Any) -> Any:
    """A draft of lines of cups at 18.90, taxed at 5.5 %."""
    rate_changes("0.055")
    draft = KINDS[kind][0](actor=market.rep, account=market.account, name="Bar refit")
    for _ in range(boxes):
        add_line(draft, actor=market.rep, product=market.product("18.90", name="Cups"), **line)
    draft.refresh_from_db()
    return draft


def kind_of(draft: AnyDocument) -> str:
    return str(draft._meta.model_name)


def address(draft: AnyDocument) -> str:
    return reverse(f"sales:{KINDS[kind_of(draft)][1]}", args=[draft.pk])


@pytest.fixture(params=KINDS)
def draft(market: Market, request: pytest.FixtureRequest) -> Any:
    return cups(market, request.param)


def seen_on(page: Any) -> str:
    """The hash that the form of a page posts, which is written beside the totals."""
    [seen] = SEEN.findall(page.content.decode())
    return str(seen)


def save(rep: Client, draft: AnyDocument, line: Any, **typed: str) -> Any:
    """Save a row of the line editor."""
    parts = {"kind": f"{kind_of(draft)}s", "pk": draft.pk, "line": line.pk}
    row = {"description": line.description, "unit_price": f"{line.unit_price:f}", "discount": ""}
    return rep.post(reverse("sales:line-change", kwargs=parts), row | typed, headers=HTMX)


def fragment(answer: str, name: str) -> str:
    """The text of the one element that htmx puts in the place of that name."""
    [text] = re.findall(f'id="{name}"[^>]* hx-swap-oob="true">([^<]*)<', answer)
    return str(text)


def test_says_what_changed_before_anything_is_pressed(rep: Client, draft: AnyDocument) -> None:
    before = rep.get(record_url(draft))
    rate_changes("0.06")

    page = rep.get(record_url(draft))

    assert before.context["todays"] == []
    notice = (
        "Tax was 5.5% and is 6% today: Cups. The total was €19.94 and is €20.03 today. "
        f"{KINDS[kind_of(draft)][2]} at today&#x27;s figures; any change of it takes them too."
    )
    assert notice in page.content.decode()
    assert re.search(rf'action="{address(draft)}"\s+id="issue"', page.content.decode())
    draft.refresh_from_db()
    assert draft.total == Decimal("19.94")


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refuses_once_what_was_not_seen_and_shows_the_page_as_it_stands(
    rep: Client, draft: AnyDocument, headers: dict[str, str]
) -> None:
    seen = seen_on(rep.get(record_url(draft)))
    rate_changes("0.06")

    refused = rep.post(address(draft), {"seen": seen}, headers=headers)

    draft.refresh_from_db()
    assert (draft.status, draft.total) == ("draft", Decimal("19.94"))
    target = refused.headers.get("HX-Redirect") or refused.headers["Location"]
    assert (refused.status_code, target) == (200 if headers else 303, record_url(draft))
    page = rep.get(target)
    assert "it comes to €20.03 now. Look at it again first." in page.content.decode()
    rep.post(address(draft), {"seen": seen_on(page)}, headers=headers)
    draft.refresh_from_db()
    assert (draft.is_draft, draft.total) == (False, Decimal("20.03"))


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_asks_nothing_of_who_saw_nothing(
    rep: Client, draft: AnyDocument, headers: dict[str, str]
) -> None:
    rate_changes("0.06")

    rep.post(address(draft), headers=headers)

    draft.refresh_from_db()
    assert (draft.is_draft, draft.total) == (False, Decimal("20.03"))


def test_a_changed_line_is_shown_with_what_is_issued_then(rep: Client, draft: AnyDocument) -> None:
    rate_changes("0.06")
    rep.get(record_url(draft))
    parts = {"kind": f"{kind_of(draft)}s", "pk": draft.pk, "line": draft.lines.get().pk}
    typed = {"description": "Cups", "quantity": "2", "unit_price": "18.90", "discount": ""}

    answer = rep.post(reverse("sales:line-change", kwargs=parts), typed, headers=HTMX)

    assert '<div id="todays-figures" hx-swap-oob="true">' in answer.content.decode()
    assert "Tax was" not in answer.content.decode()
    assert "€40.07" in answer.content.decode()
    rep.post(address(draft), {"seen": seen_on(answer)})
    draft.refresh_from_db()
    assert (draft.is_draft, draft.total) == (False, Decimal("40.07"))


def test_a_changed_line_shows_the_tax_of_every_other_line(rep: Client, market: Market) -> None:
    draft = cups(market, boxes=3)
    rep.get(record_url(draft))
    rate_changes("0.06")
    changed, *others = draft.lines.all()

    answer = save(rep, draft, changed, quantity="2").content.decode()

    for line in (changed, *others):
        assert fragment(answer, f"tax-{line.pk}") == "6%"
    assert [fragment(answer, f"net-{line.pk}") for line in others] == ["€18.90", "€18.90"]


def test_a_changed_line_shows_the_net_of_every_other_line_whose_price_includes_tax(
    rep: Client, market: Market
) -> None:
    draft = cups(market, boxes=2)
    change_head(draft, actor=market.rep, prices_include_tax=True)
    rate_changes("0.2")
    changed, other = draft.lines.all()

    answer = save(rep, draft, changed, quantity="2").content.decode()

    assert fragment(answer, f"net-{other.pk}") == "€15.75"


def test_a_changed_line_shows_what_a_promotion_code_takes_off_now(
    rep: Client, market: Market
) -> None:
    draft = cups(market, boxes=2)
    use = apply_promotion(draft, code().code, actor=market.rep)

    answer = save(rep, draft, draft.lines.all()[0], quantity="2").content.decode()

    assert fragment(answer, f"promotion-{use.pk}") == "−€5.67"


def test_a_changed_bundle_shows_its_parts_anew(rep: Client, market: Market) -> None:
    draft = cups(market)
    starter = market.product("100.00", kind=Product.Kind.BUNDLE)
    cup = market.product("20.00")
    BundleItem.objects.create(
        bundle=starter, product=cup, unit=cup.default_unit, quantity=1, is_required=True
    )
    bundle = add_line(draft, actor=market.rep, product=starter)
    part = draft.lines.get(bundle_line=bundle)

    answer = save(rep, draft, bundle, quantity="3")

    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#grid", "outerHTML")
    row = answer.content.decode().split(f'id="line-{part.pk}"')[1]
    assert 'value="3"' in row.split("</tr>")[0]


def test_takes_the_same_statements_whatever_changed(
    rep: Client, market: Market, draft: AnyDocument
) -> None:
    many = cups(market, kind_of(draft), boxes=7)
    rep.get(record_url(draft))
    counts = []
    for document, rate in ((draft, "0.055"), (draft, "0.06"), (many, "0.06")):
        rate_changes(rate)
        with CaptureQueriesContext(connection) as statements:
            rep.get(record_url(document))
        counts.append(len(statements))

    assert len(set(counts)) == 1


@pytest.fixture
def approver(market: Market) -> Client:
    """Whoever leads the rep's team, signed in."""
    approver = Client()
    approver.force_login(UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team))
    return approver


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_approval_after_a_changed_rate_is_asked_for_given_and_used(
    rep: Client, market: Market, approver: Client, headers: dict[str, str]
) -> None:
    ApprovalRule.objects.create(
        name="Discount above 5 %", measure="discount_rate", threshold=Decimal("0.05")
    )
    quote = cups(market, "quote", quantity=Decimal(10), discount_rate=Decimal("0.1"))
    urls = {
        name: reverse(f"sales:quote-{name}", args=[quote.pk])
        for name in ("ask-approval", "approve", "activate")
    }

    def decide(seen: str) -> Any:
        return approver.post(urls["approve"], {"comment": "", "seen": seen}, headers=headers)

    rep.post(urls["ask-approval"], {"comment": ""}, headers=headers)
    opened = approver.get(urls["approve"])
    rate_changes("0.1")
    refused = decide(opened.context["seen"])
    assert refused.status_code == 409
    assert "What the quote is measured against was changed" in refused.content.decode()
    assert total_of(opened) == "€179.46"
    assert total_of(refused) == "€187.11"
    rate_changes("0.055")
    decide(opened.context["seen"])
    rate_changes("0.1")

    page = rep.get(record_url(quote))
    reasons = {str(each.label): str(each.reason) for each in page.context["actions"].all}
    unapproved = "The quote needs approval: Discount above 5 % (10%). Ask for approval first."
    assert (reasons["Activate"], reasons["Ask for approval"]) == (unapproved, "")
    rep.post(urls["activate"], headers=headers)
    assert Quote.objects.get(pk=quote.pk).status == Quote.Status.DRAFT
    asked = rep.post(urls["ask-approval"], {"comment": ""}, headers=headers)
    assert asked.status_code == (200 if headers else 302)
    dialog = approver.get(urls["approve"])
    assert total_of(dialog) == "€187.11"
    decide(dialog.context["seen"])
    rep.post(urls["activate"], headers=headers)

    quote.refresh_from_db()
    assert (quote.status, quote.total) == (Quote.Status.ACTIVE, Decimal("187.11"))


def total_of(page: Any) -> str:
    return next(str(fact.value) for fact in page.context["facts"] if fact.label == "Total")


def test_confirms_a_change_order_only_as_it_was_previewed(rep: Client, market: Market) -> None:
    rate_changes("0.055")
    order: Order = submitted(market, "1", price="18.90")
    line = order.lines.get()
    url = reverse("sales:order-change", args=[order.pk])
    rate_changes("0.06")
    typed = {
        "version": str(order.version),
        "head-name": order.name,
        "head-street": "14 quai de la Fosse",
        "head-city": "Nantes",
        "head-country": "FR",
        f"{line.pk}-description": line.description,
        f"{line.pk}-quantity": "1",
        f"{line.pk}-unit_price": "18.90",
        f"{line.pk}-discount": "",
        f"{line.pk}-todays_tax": "on",
    }

    def confirm(preview: Any) -> Any:
        seen = {"step": "change", "previewed": preview.context["previewed"]}
        return rep.post(url, {**typed, **seen})

    preview = rep.post(url, {**typed, "step": "preview"})
    rate_changes("0.1")
    refused = confirm(preview)
    order.refresh_from_db()
    assert (refused.status_code, order.total) == (409, Decimal("19.94"))
    assert "preview the change again" in refused.content.decode()

    confirm(rep.post(url, {**typed, "step": "preview"}))
    order.refresh_from_db()
    assert order.total == Decimal("20.79")


@pytest.mark.django_db(transaction=True)
def test_of_a_rate_and_a_submission_at_the_same_moment_only_the_seen_figure_is_sent(
    transactional_db: None,
) -> None:
    market = Market()
    rep = Client()
    rep.force_login(market.rep)

    for _ in range(6):
        order = cups(market)
        seen = seen_on(rep.get(record_url(order)))
        answer, _changed = run_concurrently(
            partial(rep.post, address(order), {"seen": seen}), partial(rate_changes, "0.06")
        )

        order.refresh_from_db()
        assert (answer.status_code, order.status, order.total) in {
            (302, "submitted", Decimal("19.94")),
            (303, "draft", Decimal("19.94")),
        }


@pytest.mark.django_db(transaction=True)
def test_a_yes_at_the_moment_of_a_changed_rate_covers_only_the_total_that_was_seen(
    transactional_db: None,
) -> None:
    market = Market()
    ApprovalRule.objects.create(name="Discount", measure="discount_rate", threshold=Decimal("0.05"))
    rep, approver = Client(), Client()
    rep.force_login(market.rep)
    approver.force_login(UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team))

    for _ in range(6):
        quote = cups(market, "quote", quantity=Decimal(10), discount_rate=Decimal("0.1"))
        url = reverse("sales:quote-approve", args=[quote.pk])
        seen = approver.get(url).context["seen"]
        yes, _changed = run_concurrently(
            partial(approver.post, url, {"seen": seen}), partial(rate_changes, "0.1")
        )
        rep.post(address(quote))

        totals = [each.content["head"]["total"] for each in quote.approvals.all()]
        assert (yes.status_code, totals) in [(302, ["179.46"]), (409, [])]
        quote.refresh_from_db()
        assert quote.is_draft
