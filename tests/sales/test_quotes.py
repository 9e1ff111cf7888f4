"""Quotes: activate, revise, accept, lose."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from common.errors import IllegalTransition
from sales.models import Order, Quote, SalesEvent
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.errors import (
    QuoteExpired,
)
from sales.services.quotes import (
    accept_quote,
    activate_quote,
    cancel_quote,
    lose_quote,
    revise_quote,
)
from tests.factories import Market


def test_accepting_twice_gives_the_same_order(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product())
    activate_quote(quote.pk, actor=market.rep)

    first = accept_quote(quote.pk, actor=market.rep)
    again = accept_quote(quote.pk, actor=market.rep)

    assert first == again
    assert Order.objects.count() == 1


def test_refuses_to_accept_an_expired_quote(market: Market) -> None:
    today = market.company.today()
    quote = draft_quote(
        actor=market.rep, account=market.account, name="Bar refit", valid_until=today
    )
    add_line(quote, actor=market.rep, product=market.product())
    activate_quote(quote.pk, actor=market.rep)
    later = timezone.now() + dt.timedelta(days=3)
    with (
        time_machine.travel(later),
        pytest.raises(QuoteExpired, match="revise it to offer it again"),
    ):
        accept_quote(quote.pk, actor=market.rep)

    assert not Order.objects.exists()
    assert not SalesEvent.objects.filter(type=SalesEvent.Type.QUOTE_ACCEPTED).exists()


def test_a_revision_keeps_the_number_and_supersedes(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product(), quantity=Decimal(2))
    quote = activate_quote(quote.pk, actor=market.rep)

    draft = revise_quote(quote.pk, actor=market.rep)
    assert (draft.number, draft.status, draft.total) == (None, "draft", quote.total)
    second = activate_quote(draft.pk, actor=market.rep)

    quote.refresh_from_db()
    assert (second.number, second.revision) == (quote.number, 2)
    assert quote.status == Quote.Status.SUPERSEDED
    with pytest.raises(IllegalTransition, match="superseded"):
        accept_quote(quote.pk, actor=market.rep)


def test_cancels_a_quote_with_a_comment(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product())
    activate_quote(quote.pk, actor=market.rep)

    cancelled = cancel_quote(quote.pk, actor=market.rep, comment="Sent by mistake")

    assert (cancelled.status, cancelled.closed_comment) == ("cancelled", "Sent by mistake")
    with pytest.raises(IllegalTransition):
        accept_quote(quote.pk, actor=market.rep)
    assert not Order.objects.exists()


def test_keeps_the_reason_of_a_lost_quote(market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product())
    activate_quote(quote.pk, actor=market.rep)
    lost = lose_quote(quote.pk, actor=market.rep, reason="price")
    assert (lost.status, lost.closed_reason) == ("lost", "price")
