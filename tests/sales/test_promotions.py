"""Promotion codes: applied, removed, redeemed and released."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from common.errors import Duplicate
from sales.models import Order, OrderLine, PromotionCode, PromotionUse
from sales.pricing.errors import PromotionUsedUp
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.errors import NotDraft, PricesLocked
from sales.services.orders import cancel_order, submit_order
from sales.services.price_refresh import unlock_prices
from sales.services.promotions import apply_promotion, remove_promotion
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.factories import Market
from tests.sales.promotion_codes import code, draft, nets


def test_refuses_a_code_twice_on_one_document_also_in_the_database(market: Market) -> None:
    spring = code()
    order = draft(market, "100.00")
    apply_promotion(order, "SPRING", actor=market.rep)

    with pytest.raises(Duplicate, match="applied already"):
        apply_promotion(order, "SPRING", actor=market.rep)
    with pytest.raises(IntegrityError, match="promotion_once_per_order"), transaction.atomic():
        PromotionUse.objects.create(order=order, code=spring)

    assert nets(order) == [90]


def test_a_use_is_redeemed_when_the_order_is_submitted_and_released_on_cancel(
    market: Market,
) -> None:
    spring = code(uses_allowed=1)
    order = draft(market, "100.00")
    apply_promotion(order, "SPRING", actor=market.rep)
    spring.refresh_from_db()
    assert spring.uses_left == 1

    submit_order(order.pk, actor=market.rep)
    spring.refresh_from_db()
    assert spring.uses_left == 0

    cancel_order(order.pk, actor=market.rep, reason="Ordered twice")
    spring.refresh_from_db()
    assert spring.uses_left == 1


def test_a_quote_redeems_its_code_when_it_is_accepted_and_the_order_does_not_again(
    market: Market,
) -> None:
    spring = code(uses_allowed=5)
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    apply_promotion(quote, "SPRING", actor=market.rep)
    activate_quote(quote.pk, actor=market.rep)
    PromotionCode.objects.filter(pk=spring.pk).update(valid_to=dt.date(2020, 1, 1))

    order = accept_quote(quote.pk, actor=market.rep)  # what was offered while it held, holds
    order = submit_order(order.pk, actor=market.rep)

    spring.refresh_from_db()
    assert (spring.uses, order.total) == (1, 108)
    assert order.promotions.get().is_counted


def test_refuses_to_accept_a_quote_whose_code_is_used_up(market: Market) -> None:
    spring = code(uses_allowed=1)
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    apply_promotion(quote, "SPRING", actor=market.rep)
    activate_quote(quote.pk, actor=market.rep)
    PromotionCode.objects.filter(pk=spring.pk).update(uses=1)

    with pytest.raises(PromotionUsedUp, match="used up"):
        accept_quote(quote.pk, actor=market.rep)

    quote.refresh_from_db()
    assert quote.status == "active"
    assert not Order.objects.exists()


def test_a_revision_keeps_the_code(market: Market) -> None:
    code()
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    line = add_line(quote, actor=market.rep, product=market.product("100.00"))
    apply_promotion(quote, "SPRING", actor=market.rep)
    activate_quote(quote.pk, actor=market.rep)

    revision = revise_quote(quote.pk, actor=market.rep)
    change_line(revision.lines.get(), actor=market.rep, quantity=Decimal(2))

    assert nets(revision) == [180]
    assert nets(quote) == [90]
    assert line.document == quote


def test_a_change_order_keeps_a_redeemed_code_that_ended(market: Market) -> None:
    spring = code(uses_allowed=1)
    order = draft(market, "100.00")
    apply_promotion(order, "SPRING", actor=market.rep)
    order = submit_order(order.pk, actor=market.rep)
    PromotionCode.objects.filter(pk=spring.pk).update(is_active=False)
    line = OrderLine.objects.get(order=order)

    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(2)}}), actor=market.rep)

    assert nets(order) == [180]


def test_refuses_codes_on_what_is_agreed_or_issued(market: Market) -> None:
    code(uses_allowed=1)
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    apply_promotion(quote, "SPRING", actor=market.rep)
    quote = activate_quote(quote.pk, actor=market.rep)
    with pytest.raises(NotDraft):
        remove_promotion(quote, "SPRING", actor=market.rep)
    order = accept_quote(quote.pk, actor=market.rep)
    with pytest.raises(PricesLocked, match="unlock them first"):
        remove_promotion(order, "SPRING", actor=market.rep)

    unlock_prices(order.pk, actor=market.rep)
    remove_promotion(order, "SPRING", actor=market.rep)

    assert nets(order) == [100]
    assert PromotionCode.objects.get().uses == 0
