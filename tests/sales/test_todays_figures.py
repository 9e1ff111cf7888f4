"""Drafts at the figures of the day: shown and judged before they are issued, and only as seen."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.errors import StaleVersion
from crm.models import User
from sales.models import (
    AnyDocument,
    ApprovalRule,
    Invoice,
    Order,
    PromotionCode,
    Quote,
    SalesEvent,
    TaxRate,
)
from sales.services.approvals import (
    AlreadyRequested,
    ApprovalNeeded,
    decide_approval,
    request_approval,
    review_quote,
)
from sales.services.change_orders import Changes, change_order, preview_change
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.documents.todays_figures import RateChange, TodaysFigures, todays_figures
from sales.services.invoices import issue_invoice
from sales.services.order_differences import hash_changes
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.prices.pricing_input import lines_of
from sales.services.promotions import apply_promotion
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.approvals import decide
from tests.factories import Market
from tests.sales.order_steps import submitted
from tests.sales.quote_steps import still_draft

pytestmark = pytest.mark.market(tax_rate="0.055")

BEFORE, AFTER = Decimal("0.055"), Decimal("0.06")

DRAFTS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "quote": (draft_quote, activate_quote),
    "order": (draft_order, submit_order),
    "invoice": (draft_invoice, issue_invoice),
}


def rate_changes(rate: Decimal | str) -> None:
    TaxRate.objects.update(rate=Decimal(rate))


def drafted(market: Market, kind: str, **line: Any) -> AnyDocument:
    """A draft of one box of cups at 18.90."""
    draft: AnyDocument = DRAFTS[kind][0](actor=market.rep, account=market.account, name="Bar refit")
    cups = market.product("18.90", name="Cups")
    add_line(draft, actor=market.rep, product=cups, **line)
    draft.refresh_from_db()
    return draft


def today_of(document: AnyDocument) -> TodaysFigures[Any, Any]:
    stored: Any = type(document)._default_manager.get(pk=document.pk)
    return todays_figures(stored, lines_of(stored))


@pytest.fixture(params=DRAFTS)
def draft(market: Market, request: pytest.FixtureRequest) -> AnyDocument:
    return drafted(market, request.param)


def issue(document: AnyDocument, market: Market, seen: str) -> Any:
    use_case = DRAFTS[document._meta.model_name or ""][1]
    return use_case(document.pk, actor=market.rep, seen=seen)


def test_works_out_what_issuing_comes_to_and_saves_nothing(draft: AnyDocument) -> None:
    before = today_of(draft)
    rate_changes(AFTER)

    with CaptureQueriesContext(connection) as statements:
        today = today_of(draft)

    assert not before.changed
    assert today.rate_changes == [RateChange("Cups", BEFORE, AFTER)]
    assert (today.total_before, today.document.total) == (Decimal("19.94"), Decimal("20.03"))
    assert today.seen != before.seen
    assert {query["sql"].partition(" ")[0] for query in statements} == {"SELECT"}
    draft.refresh_from_db()
    assert (draft.total, draft.lines.get().tax_rate) == (Decimal("19.94"), BEFORE)


def test_issues_no_other_figures_than_were_seen(draft: AnyDocument, market: Market) -> None:
    seen = today_of(draft).seen
    rate_changes(AFTER)

    with pytest.raises(StaleVersion, match=r"it comes to €20\.03 now\. Look at it again first"):
        issue(draft, market, seen)

    draft.refresh_from_db()
    assert (draft.status, draft.number, draft.total) == ("draft", None, Decimal("19.94"))
    assert issue(draft, market, today_of(draft).seen).total == Decimal("20.03")


def test_issues_unasked_what_nobody_looked_at(draft: AnyDocument, market: Market) -> None:
    rate_changes(AFTER)

    assert issue(draft, market, "").total == Decimal("20.03")


def test_a_tax_inside_the_price_is_other_figures_though_the_total_stays(
    draft: AnyDocument, market: Market
) -> None:
    change_head(draft, actor=market.rep, prices_include_tax=True)
    seen = today_of(draft).seen
    rate_changes(AFTER)

    today = today_of(draft)
    assert (today.document.total, today.document.tax) == (Decimal("18.90"), Decimal("1.07"))
    assert today.changed
    with pytest.raises(StaleVersion, match=r"€18\.90"):
        issue(draft, market, seen)


def test_a_line_typed_by_somebody_else_is_seen_before_it_is_issued(
    draft: AnyDocument, market: Market
) -> None:
    seen = today_of(draft).seen
    change_line(draft.lines.get(), actor=market.rep, quantity=Decimal(2))

    with pytest.raises(StaleVersion, match=r"€39\.88"):
        issue(draft, market, seen)


def test_a_typed_rate_stays(market: Market) -> None:
    order = drafted(market, "order")
    change_line(order.lines.get(), actor=market.rep, tax_rate=Decimal("0.1"))
    rate_changes(AFTER)

    assert not today_of(order).changed


def test_a_rate_that_is_not_known_any_more_is_named(market: Market) -> None:
    order = drafted(market, "order")
    TaxRate.objects.all().delete()

    assert today_of(order).rate_changes == [RateChange("Cups", BEFORE, None)]


def test_what_was_agreed_stays_as_it_is(market: Market) -> None:
    quote = activate_quote(drafted(market, "quote").pk, actor=market.rep)
    order = accept_quote(quote.pk, actor=market.rep)
    rate_changes(AFTER)

    assert not today_of(quote).changed
    assert not today_of(order).changed
    assert submit_order(order.pk, actor=market.rep, seen=today_of(order).seen).total == quote.total
    invoice = invoice_order(order.pk, actor=market.rep, what=Invoice.What.ALL)
    assert not today_of(invoice).changed
    assert issue_invoice(invoice.pk, actor=market.rep, seen=today_of(invoice).seen).total == (
        quote.total
    )


def test_a_revision_is_a_draft_like_any_other(market: Market) -> None:
    quote = activate_quote(drafted(market, "quote").pk, actor=market.rep)
    rate_changes(AFTER)
    revision = revise_quote(quote.pk, actor=market.rep)

    today = today_of(revision)

    assert today.rate_changes == [RateChange("Cups", BEFORE, AFTER)]
    assert (today.total_before, today.document.total) == (Decimal("19.94"), Decimal("20.03"))


@pytest.mark.parametrize("kind", ["quote", "order"])
def test_a_promotion_code_that_was_changed_is_seen_too(market: Market, kind: str) -> None:
    draft: Any = drafted(market, kind)
    PromotionCode.objects.create(
        code="BAR", name="Bars", kind="percent", discount_rate=Decimal("0.1")
    )
    apply_promotion(draft, "BAR", actor=market.rep)
    seen = today_of(draft).seen
    PromotionCode.objects.update(discount_rate=Decimal("0.2"))

    today = today_of(draft)

    # 18.90 less 1.89, and less 3.78, at 5.5 %
    assert (today.total_before, today.document.total) == (Decimal("17.95"), Decimal("15.95"))
    assert draft.promotions.get().amount == Decimal("1.89")
    with pytest.raises(StaleVersion):
        issue(draft, market, seen)
    assert issue(draft, market, today.seen).total == Decimal("15.95")


@pytest.fixture
def discounted(market: Market) -> Quote:
    """Ten boxes of cups, a tenth off: 179.46; more than a twentieth off needs approval."""
    ApprovalRule.objects.create(
        name="Discount above 5 %", measure="discount_rate", threshold=Decimal("0.05")
    )
    quote = drafted(market, "quote", quantity=Decimal(10), discount_rate=Decimal("0.1"))
    assert isinstance(quote, Quote)
    return quote


def test_an_approval_is_asked_for_given_and_used_at_the_figures_of_the_day(
    market: Market, discounted: Quote, manager: User
) -> None:
    request_approval(discounted.pk, actor=market.rep)
    decide(discounted, actor=manager)
    rate_changes("0.1")

    with pytest.raises(ApprovalNeeded):
        activate_quote(discounted.pk, actor=market.rep)
    assert still_draft(discounted)
    request_approval(discounted.pk, actor=market.rep)
    with pytest.raises(AlreadyRequested, match="await the decision"):
        request_approval(discounted.pk, actor=market.rep)
    review = review_quote(Quote.objects.get(pk=discounted.pk))
    assert review.quote.total == Decimal("187.11")
    assert [(each["field"], each["before"], each["after"]) for each in review.changes] == [
        ("total", "179.46", "187.11"),
        ("tax_rate", "0.055", "0.1"),
    ]
    decide(discounted, actor=manager)

    discounted.refresh_from_db()
    assert discounted.total == Decimal("179.46")
    latest = discounted.approvals.latest("decided_at")
    assert latest.content["head"]["total"] == "187.11"
    assert activate_quote(discounted.pk, actor=market.rep).total == Decimal("187.11")


def test_a_rate_changed_while_the_approver_looks_is_refused_as_changed(
    market: Market, discounted: Quote, manager: User
) -> None:
    yes = partial(decide_approval, discounted.pk, actor=manager, approved=True)
    seen = review_quote(discounted).shown
    rate_changes("0.1")

    with pytest.raises(StaleVersion, match="What the quote is measured against was changed"):
        yes(seen=seen)

    assert not discounted.approvals.exists()
    assert not SalesEvent.objects.filter(type="quote.approved").exists()
    assert yes(seen=review_quote(discounted).shown).approved


def test_a_limit_on_the_total_is_measured_at_the_rate_of_the_day(market: Market) -> None:
    ApprovalRule.objects.create(name="Large", measure="total", threshold=Decimal("20.00"))
    quote = drafted(market, "quote")
    rate_changes(AFTER)

    request_approval(quote.pk, actor=market.rep)

    with pytest.raises(ApprovalNeeded, match=r"Large \(€20\.03\)"):
        activate_quote(quote.pk, actor=market.rep)


def test_a_change_order_takes_no_other_rate_than_its_preview_showed(market: Market) -> None:
    order: Order = submitted(market, "1", price="18.90")
    changes = Changes(todays_tax={order.lines.get().pk})
    rate_changes(AFTER)
    seen = hash_changes(preview_change(order.pk, changes, actor=market.rep))
    rate_changes("0.1")

    with pytest.raises(StaleVersion, match="preview the change again"):
        change_order(order.pk, changes, actor=market.rep, seen=seen)

    order.refresh_from_db()
    assert (order.total, order.changes.count()) == (Decimal("19.94"), 0)
    again = hash_changes(preview_change(order.pk, changes, actor=market.rep))
    change_order(order.pk, changes, actor=market.rep, seen=again)
    order.refresh_from_db()
    assert order.total == Decimal("20.79")
