"""An event is named after what happened to the document, never after a neighbour."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from crm import roles
from crm.models import User
from sales.models import AnyDocument, ApprovalRule, SalesEvent
from sales.services.approvals import request_approval
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.orders import cancel_order, submit_order
from sales.services.price_refresh import lock_prices, unlock_prices
from sales.services.quotes import activate_quote, revise_quote
from tests.approvals import decide
from tests.factories import Market, UserFactory


def events_of(document: AnyDocument) -> list[str]:
    """What happened to a document, the oldest first."""
    events = SalesEvent.objects.filter(subject_id=document.pk).order_by("subject_version")
    return list(events.values_list("type", flat=True))


@pytest.fixture
def manager(db: None) -> User:
    return UserFactory.create(role=roles.SALES_MANAGER)


@pytest.mark.parametrize(
    ("start", "name"),
    [(draft_quote, "quote"), (draft_order, "order"), (draft_invoice, "invoice")],
)
def test_a_draft_is_drafted_and_then_changed(
    market: Market, start: Callable[..., AnyDocument], name: str
) -> None:
    draft = start(actor=market.rep, account=market.account, name="Bar refit")

    change_head(draft, actor=market.rep, name="Bar refit, second floor")
    add_line(draft, actor=market.rep, product=market.product("19.99"))

    assert events_of(draft) == [
        f"{name}.drafted",
        f"{name}.draft_changed",
        f"{name}.draft_changed",
    ]


def test_the_next_revision_of_a_quote_is_drafted(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("19.99"))
    activate_quote(quote.pk, actor=market.rep)

    revision = revise_quote(quote.pk, actor=market.rep)

    assert events_of(revision) == ["quote.drafted"]
    assert events_of(quote)[-1] == "quote.revised"


@pytest.mark.parametrize(
    ("approved", "decided"), [(True, "quote.approved"), (False, "quote.approval_refused")]
)
def test_approval_is_requested_and_decided(
    market: Market, manager: User, approved: bool, decided: str
) -> None:
    ApprovalRule.objects.create(name="Above 50", measure="total", threshold=Decimal(50))
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("100.00"))

    request_approval(quote.pk, actor=market.rep)
    decide(quote, actor=manager, approved=approved, comment="Seen")

    assert events_of(quote)[-2:] == ["quote.approval_requested", decided]


def test_a_draft_order_is_cancelled_under_a_name_of_its_own(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")

    cancel_order(order.pk, actor=market.rep, reason="Changed their mind")

    assert events_of(order) == ["order.drafted", "order.draft_cancelled"]


def test_a_submitted_order_is_cancelled(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("19.99"))
    submit_order(order.pk, actor=market.rep)

    cancel_order(order.pk, actor=market.rep, reason="Changed their mind")

    assert events_of(order)[-2:] == ["order.submitted", "order.cancelled"]


def test_prices_are_locked_and_unlocked(market: Market) -> None:
    market.rep.user_permissions.add(Permission.objects.get(codename="override_price"))
    rep = User.objects.get(pk=market.rep.pk)
    order = draft_order(actor=rep, account=market.account, name="Bar refit")

    lock_prices(order.pk, actor=rep)
    unlock_prices(order.pk, actor=rep)

    assert events_of(order) == ["order.drafted", "order.prices_locked", "order.prices_unlocked"]


def test_a_draft_invoice_is_deleted(market: Market) -> None:
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Workshop")

    delete_draft_invoice(invoice.pk, actor=market.rep)

    assert events_of(invoice) == ["invoice.drafted", "invoice.draft_deleted"]
