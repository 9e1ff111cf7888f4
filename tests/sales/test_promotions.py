"""Promotion codes: their discount, customers and number of uses."""

from __future__ import annotations

import datetime as dt
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from common.errors import Duplicate
from sales.models import Order, OrderLine, PromotionCode, PromotionUse, Quote, SalesEvent
from sales.pricing.errors import CurrencyMismatch, InvalidPromotion, PricingError, PromotionUsedUp
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.errors import NotDraft, PricesLocked
from sales.services.orders import cancel_order, submit_order
from sales.services.prices.price_refresh import unlock_prices
from sales.services.prices.promotions import apply_promotion, remove_promotion
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.factories import AccountFactory, Market


def code(**fields: Any) -> PromotionCode:
    """Make SPRING, 10 % off by default."""
    given = {"code": "SPRING", "name": "Spring", "discount_rate": Decimal("0.10"), **fields}
    return PromotionCode.objects.create(**given)


def amount_code(amount: str, **fields: Any) -> PromotionCode:
    given = {"currency": "EUR", **fields}
    return code(
        kind=PromotionCode.Kind.AMOUNT,
        discount_rate=None,
        discount_amount=Decimal(amount),
        **given,
    )


def draft(market: Market, *prices: str) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for price in prices:
        add_line(order, actor=market.rep, product=market.product(price))
    return order


def nets(document: Quote | Order) -> list[Decimal]:
    return list(document.lines.order_by("position").values_list("net", flat=True))


def test_a_percentage_is_taken_off_what_the_lines_come_to(market: Market) -> None:
    code()
    order = draft(market, "33.33", "33.33", "33.34")

    use = apply_promotion(order, " spring ", actor=market.rep)

    order.refresh_from_db()
    assert use.amount == Decimal("10.00")
    assert nets(order) == [Decimal("30.00"), Decimal("30.00"), Decimal("30.00")]
    assert (order.detail, order.tax, order.total) == (90, 18, 108)
    event = SalesEvent.objects.order_by("id").last()
    assert event is not None
    assert event.data == {"promotion": "SPRING"}


def test_an_amount_is_shared_out_to_the_cent_and_follows_every_change(market: Market) -> None:
    amount_code("10.00")
    order = draft(market, "10.00", "20.00", "70.00")
    use = apply_promotion(order, "SPRING", actor=market.rep)
    assert nets(order) == [9, 18, 63]

    line = order.lines.order_by("position")[2]
    change_line(line, actor=market.rep, discount_rate=Decimal("0.5"))
    # 10 + 20 + 35 = 65: shares of 10.00 are 1.54, 3.08, 5.38
    assert nets(order) == [Decimal("8.46"), Decimal("16.92"), Decimal("29.62")]

    remove_line(line, actor=market.rep)
    assert nets(order) == [Decimal("6.67"), Decimal("13.33")]
    use.refresh_from_db()
    assert use.amount == 10


def test_two_codes_work_one_after_the_other(market: Market) -> None:
    code()
    amount_code("9.00", code="WELCOME")
    order = draft(market, "100.00")

    apply_promotion(order, "WELCOME", actor=market.rep)
    apply_promotion(order, "SPRING", actor=market.rep)

    assert nets(order) == [Decimal("81.90")]  # 100 - 9 = 91, less 10 % of that
    remove_promotion(order, "welcome", actor=market.rep)
    assert nets(order) == [Decimal("90.00")]


def test_covers_only_its_products(market: Market) -> None:
    spring = code()
    order = draft(market, "100.00", "50.00")
    spring.products.add(order.lines.order_by("position")[1].product)

    apply_promotion(order, "SPRING", actor=market.rep)

    assert nets(order) == [100, 45]


@pytest.mark.parametrize(
    ("fields", "refused_as", "message"),
    [
        ({"is_active": False}, "invalid_promotion", "is not active"),
        ({"valid_to": dt.date(2020, 1, 1)}, "invalid_promotion", "is not valid on"),
        ({"valid_from": dt.date(2100, 1, 1)}, "invalid_promotion", "is not valid on"),
        ({"uses_allowed": 3, "uses": 3}, "promotion_used_up", "is used up"),
        ({"code": "AUTUMN"}, "unknown_promotion", "There is no promotion code SPRING"),
    ],
)
def test_refuses_a_code_that_does_not_hold(
    market: Market, fields: dict[str, Any], refused_as: str, message: str
) -> None:
    code(**fields)
    order = draft(market, "100.00")
    events = SalesEvent.objects.count()

    with pytest.raises(PricingError, match=message) as refusal:
        apply_promotion(order, "SPRING", actor=market.rep)

    assert (refusal.value.code, refusal.value.field) == (refused_as, "promotion")
    assert not PromotionUse.objects.exists()
    assert SalesEvent.objects.count() == events
    assert nets(order) == [100]


def test_refuses_a_code_for_other_customers_products_or_currencies(market: Market) -> None:
    others = code()
    others.accounts.add(AccountFactory.create())
    elsewhere = code(code="GRINDERS")
    elsewhere.products.add(market.product("5.00"))
    amount_code("5.00", code="DOLLARS", currency="USD")
    order = draft(market, "100.00")

    with pytest.raises(InvalidPromotion, match="not valid for"):
        apply_promotion(order, "SPRING", actor=market.rep)
    with pytest.raises(InvalidPromotion, match="applies to none of these lines"):
        apply_promotion(order, "GRINDERS", actor=market.rep)
    with pytest.raises(CurrencyMismatch, match="in USD, the document in EUR"):
        apply_promotion(order, "DOLLARS", actor=market.rep)

    assert not PromotionUse.objects.exists()


def test_refuses_a_code_twice_on_one_document_also_in_the_database(market: Market) -> None:
    spring = code()
    order = draft(market, "100.00")
    apply_promotion(order, "SPRING", actor=market.rep)

    with pytest.raises(Duplicate, match="applied already"):
        apply_promotion(order, "SPRING", actor=market.rep)
    with pytest.raises(IntegrityError, match="promotion_once_per_order"), transaction.atomic():
        PromotionUse.objects.create(order=order, code=spring)

    assert nets(order) == [90]


def test_a_code_that_ended_meanwhile_keeps_the_order_back_until_it_is_removed(
    market: Market,
) -> None:
    spring = code()
    order = draft(market, "100.00")
    apply_promotion(order, "SPRING", actor=market.rep)
    PromotionCode.objects.filter(pk=spring.pk).update(valid_to=dt.date(2020, 1, 1))

    with pytest.raises(InvalidPromotion, match="is not valid on"):
        submit_order(order.pk, actor=market.rep)
    order.refresh_from_db()
    assert (order.status, order.number) == ("draft", None)

    remove_promotion(order, "SPRING", actor=market.rep)
    order = submit_order(order.pk, actor=market.rep)
    assert (order.status, order.total) == ("submitted", 120)


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


@pytest.mark.django_db(transaction=True)
def test_two_orders_at_once_get_the_last_use_once() -> None:
    market = Market()
    code(uses_allowed=1)
    orders = [draft(market, "100.00") for _ in range(2)]
    for order in orders:
        apply_promotion(order, "SPRING", actor=market.rep)
    results: list[str] = []
    barrier = threading.Barrier(2)

    def submit(order: Order) -> None:
        barrier.wait()
        try:
            submit_order(order.pk, actor=market.rep)
            results.append("submitted")
        except PromotionUsedUp as error:
            results.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=submit, args=[order]) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["promotion_used_up", "submitted"]
    assert PromotionCode.objects.get().uses == 1
    assert Order.objects.filter(status="submitted").count() == 1
