"""Tax rates that change between quote or order and invoice: kept as agreed, taken on request."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from common.formatting import format_day
from sales.models import BundleItem, Order, Product, TaxRate, TaxZone
from sales.pricing.errors import NoTaxRate
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import change_head, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.documents.tax_rates import (
    put_todays_rates,
    tax_drift,
    with_dated_rates,
)
from sales.services.errors import AlreadyBilled, BelowBilled
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from sales.services.price_refresh import unlock_prices
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, UserFactory
from tests.sales.order_steps import billed, submitted


def drift_of(order: Order) -> list[tuple[str, Decimal, Decimal]]:
    lines = list(with_dated_rates(order.lines.order_by("position"), order))
    put_todays_rates(order, lines)
    found = tax_drift(lines)
    return [(each.description, each.agreed, each.today) for each in found]


def rates_change(rate: str) -> None:
    TaxRate.objects.update(rate=Decimal(rate))


def accepted(market: Market) -> Order:
    """The draft order of a quote of two machines, agreed at 20 %."""
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product(), quantity=Decimal(2))
    activate_quote(quote.pk, actor=market.rep)
    return accept_quote(quote.pk, actor=market.rep)


def test_an_order_keeps_its_rate_until_a_change_order_takes_todays(market: Market) -> None:
    order = submitted(market, "2", "1", price="100.00")
    rates_change("0.21")
    first, second = order.lines.order_by("position")
    assert drift_of(order) == [
        ("Espresso machine", Decimal("0.2"), Decimal("0.21")),
        ("Espresso machine", Decimal("0.2"), Decimal("0.21")),
    ]

    kept = Changes(lines={second.pk: {"quantity": Decimal(2)}})
    change_order(order.pk, kept, actor=market.rep)
    order.refresh_from_db()
    assert order.total == 480

    change = change_order(order.pk, Changes(todays_tax={first.pk}), actor=market.rep)

    order.refresh_from_db()
    assert (order.tax, order.total) == (82, 482)
    assert [entry for entry in change.difference if entry["field"] == "tax_rate"] == [
        {
            "line": str(first.pk),
            "what": "Espresso machine",
            "field": "tax_rate",
            "before": "0.2",
            "after": "0.21",
        }
    ]
    invoice = billed(order, market, what="all")
    assert [line.tax_rate for line in invoice.lines.order_by("position")] == [
        Decimal("0.21"),
        Decimal("0.2"),
    ]


def test_the_parts_of_a_bundle_take_todays_rate_with_it(market: Market) -> None:
    bundle = market.product("100.00", kind=Product.Kind.BUNDLE, name="Set")
    for name, is_required in (("Part", True), ("Extra", False)):
        part = market.product("30.00", name=name)
        BundleItem.objects.create(
            bundle=bundle, product=part, unit=part.default_unit, is_required=is_required
        )
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(draft, actor=market.rep, product=bundle)
    change_line(draft.lines.get(description="Extra"), actor=market.rep, is_taken=True)
    order = submit_order(draft.pk, actor=market.rep)
    rates_change("0.21")

    whole = order.lines.get(description="Set")
    change_order(order.pk, Changes(todays_tax={whole.pk}), actor=market.rep)

    taxed = order.lines.order_by("description").values_list("description", "tax_rate", "tax")
    assert list(taxed) == [
        ("Extra", Decimal("0.2"), Decimal("6.00")),
        ("Part", Decimal("0.21"), Decimal("0.00")),
        ("Set", Decimal("0.21"), Decimal("21.00")),
    ]
    assert [each for found in verify().values() for each in found] == []


def test_a_rate_that_nobody_knows_today_is_refused_by_category_and_place(market: Market) -> None:
    order = submitted(market, "2", price="100.00")
    line = order.lines.get()
    today = market.company.today()
    TaxRate.objects.update(valid_to=today - dt.timedelta(days=1))

    with pytest.raises(NoTaxRate) as refusal:
        change_order(order.pk, Changes(todays_tax={line.pk}), actor=market.rep)

    assert str(refusal.value) == (
        f"Espresso machine cannot take today's tax rate: no rate of {market.tax_category} in "
        f"{market.zone} is known on {format_day(today)}. "
        "Have it entered in the admin under Tax rates, or keep the rate that was agreed."
    )
    assert (refusal.value.line, refusal.value.field) == (str(line.pk), "todays_tax")
    line.refresh_from_db()
    assert (line.tax_rate, line.tax) == (Decimal("0.2"), Decimal("40.00"))


def test_what_is_billed_in_part_keeps_its_rate(market: Market) -> None:
    order = submitted(market, "2", price="100.00")
    line = order.lines.get()
    billed(order, market, what="lines", quantities={line.pk: Decimal(1)})
    rates_change("0.21")

    with pytest.raises(AlreadyBilled, match="is billed in part at 20% tax and keeps it") as refusal:
        change_order(order.pk, Changes(todays_tax={line.pk}), actor=market.rep)

    assert refusal.value.line == str(line.pk)
    order.refresh_from_db()
    assert order.total == 240


def test_what_was_asked_ahead_at_the_old_rate_is_credited_first(market: Market) -> None:
    order = submitted(market, "2", price="100.00")
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))
    issue_invoice(ahead.pk, actor=market.rep)
    rates_change("0.21")

    with pytest.raises(BelowBilled):
        change_order(order.pk, Changes(todays_tax={order.lines.get().pk}), actor=market.rep)


def test_agreed_rates_hold_while_prices_are_locked(market: Market) -> None:
    order = accepted(market)
    rates_change("0.21")
    manager = UserFactory.create(is_superuser=True)

    add_line(order, actor=market.rep, product=market.product("50.00"))
    order.refresh_from_db()
    assert order.tax == Decimal("50.50")

    unlock_prices(order.pk, actor=manager)
    order.refresh_from_db()
    assert order.tax == Decimal("52.50")
    assert drift_of(order) == []


def test_another_tax_zone_has_its_own_rates_though_prices_are_locked(market: Market) -> None:
    order = accepted(market)
    germany = TaxZone.objects.create(code="de", name="Germany")
    TaxRate.objects.create(category=market.tax_category, zone=germany, rate=Decimal("0.19"))

    change_head(order, actor=market.rep, tax_zone=germany)

    assert submit_order(order.pk, actor=market.rep).tax == 38


def test_documents_of_before_keep_their_rate_when_all_was_credited(market: Market) -> None:
    order = submitted(market, "10", price="100.00")
    invoice = billed(order, market, what="all")
    credit_invoice(invoice.pk, actor=market.rep, reason="To be billed again")
    rates_change("0.21")

    change_order(order.pk, Changes(todays_tax={order.lines.get().pk}), actor=market.rep)

    assert billed(order, market, what="all").tax == 210
    assert [each for found in verify().values() for each in found] == []
