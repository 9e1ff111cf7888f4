"""Charges of order lines: what another system adds, billed and credited in proportion."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from crm.actors import System
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order, Quote
from sales.pricing.errors import InvalidAmount, NotForThisLine
from sales.services.change_orders import Changes, change_order, close_rest
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.errors import AlreadyBilled
from sales.services.explanations import explain
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.prices.pricing_input import lines_of
from sales.services.promotions import apply_promotion
from tests.database_assertions import sql, tamper
from tests.factories import Market
from tests.sales.order_steps import trade_in
from tests.sales.promotion_codes import code
from tests.sales.written import written

SCM = System("SCM", connection="scm")


def figures(line: Any) -> tuple[str, ...]:
    line.refresh_from_db()
    names = ("base", "discount", "charge", "net", "header_discount", "tax")
    return tuple(f"{getattr(line, name):.2f}" for name in names)


def drafted(market: Market, charge: str = "10.00", **head: Any) -> Order:
    """Draft an order of 3 × 30.00 less 5.00, with a charge."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit", **head)
    add_line(
        order,
        actor=SCM,
        product=market.product("30.00"),
        quantity=Decimal(3),
        discount_amount=Decimal(5),
        charge_amount=Decimal(charge),
    )
    return order


def submitted(market: Market, charge: str = "10.00", **head: Any) -> Order:
    return submit_order(drafted(market, charge, **head).pk, actor=market.rep)


def bill(order: Order, market: Market, quantity: str) -> Invoice:
    quantities = {order.lines.get().pk: Decimal(quantity)}
    draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities=quantities)
    return issue_invoice(draft.pk, actor=market.rep)


def wrong() -> list[str]:
    return [str(each) for found in verify().values() for each in found]


def test_adds_a_charge_to_the_net_and_taxes_it_as_the_line(market: Market) -> None:
    order = submitted(market, discount_rate=Decimal("0.1"))

    assert figures(order.lines.get()) == ("90.00", "5.00", "10.00", "95.00", "9.50", "17.10")
    assert (order.detail, order.discount, order.tax) == (95, Decimal("9.5"), Decimal("17.1"))
    assert wrong() == []


def test_takes_the_tax_out_of_a_charge_where_prices_include_it(market: Market) -> None:
    order = submitted(market, charge="6.00", prices_include_tax=True)

    assert figures(order.lines.get()) == ("75.00", "4.17", "5.00", "75.83", "0.00", "15.17")
    assert order.total == 91
    assert wrong() == []


def test_gives_no_discount_of_the_line_on_a_charge(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    machine = market.product("10.00")
    charged: dict[str, Any] = {"discount_rate": Decimal("0.5"), "charge_amount": Decimal(40)}
    line = add_line(order, actor=SCM, product=machine, **charged)
    code(discount_rate=Decimal(1))

    apply_promotion(order, "SPRING", actor=market.rep)

    assert figures(line) == ("10.00", "10.00", "40.00", "40.00", "0.00", "8.00")


def test_bills_and_credits_a_charge_in_proportion(market: Market) -> None:
    order = submitted(market)

    first, second = bill(order, market, "1"), bill(order, market, "2")
    note = credit_invoice(second.pk, actor=market.rep, reason="Bent", quantities=None)

    parts = [figures(each.lines.get()) for each in (first, second, note)]
    assert parts == [
        ("30.01", "1.67", "3.33", "31.67", "0.00", "6.33"),
        ("59.99", "3.33", "6.67", "63.33", "0.00", "12.67"),
        ("59.99", "3.33", "6.67", "63.33", "0.00", "12.67"),
    ]
    assert first.lines.get().charge_amount == 0
    assert bill(order, market, "2").lines.get().charge == Decimal("6.67")
    assert wrong() == []


def test_a_gift_with_a_charge_is_never_billed_below_zero(market: Market) -> None:
    order = draft_order(
        actor=market.rep, account=market.account, name="Gift", discount_rate=Decimal("0.333")
    )
    gift = market.product("0.00")
    quantity, charge = Decimal(7), Decimal("0.25")
    add_line(order, actor=SCM, product=gift, quantity=quantity, charge_amount=charge)
    order = submit_order(order.pk, actor=market.rep)

    parts = [bill(order, market, "1").lines.get() for _ in range(7)]

    assert {part.base for part in parts} == {0}
    assert sum(part.charge for part in parts) == charge
    assert wrong() == []


def test_keeps_what_is_left_of_charge_and_discount_once_the_rest_is_closed(market: Market) -> None:
    order = submitted(market)
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(1)})
    close_rest(order.pk, actor=market.rep, reason="Sold out")
    kept = figures(order.lines.get())
    other = {"additions": [{"product": market.product("1.00")}]}

    change_order(order.pk, Changes(**other), actor=market.rep)  # type: ignore[arg-type]  # one key

    line = order.lines.order_by("position")[0]
    assert kept == ("30.01", "1.67", "3.33", "31.67", "0.00", "6.33")
    assert figures(line) == ("30.00", "1.67", "3.33", "31.66", "0.00", "6.33")
    assert (line.discount_amount, line.charge_amount) == (Decimal("1.67"), Decimal("3.33"))
    assert wrong() == []


def test_changes_a_charge_in_a_change_order_but_not_below_what_is_billed(market: Market) -> None:
    order = submitted(market)
    line = order.lines.get()
    bill(order, market, "1")
    more, less = ({line.pk: {"charge_amount": Decimal(each)}} for each in ("12.00", "3.00"))

    change = change_order(order.pk, Changes(lines=more), actor=SCM)

    assert figures(line) == ("90.00", "5.00", "12.00", "97.00", "0.00", "19.40")
    assert [
        (each["field"], each["before"], each["after"]) for each in change.difference if each["line"]
    ] == [("charge_amount", "10", "12")]
    before = written(order)
    with pytest.raises(AlreadyBilled):
        change_order(order.pk, Changes(lines=less), actor=SCM)
    assert written(order) == before
    assert bill(order, market, "2").lines.get().charge == Decimal("8.67")
    assert wrong() == []


def test_leaves_its_part_with_what_is_billed_where_the_rest_has_another_price(
    market: Market,
) -> None:
    order = submitted(market)
    line = order.lines.get()
    bill(order, market, "1")
    typed = {line.pk: {"unit_price": Decimal(20), "charge_amount": Decimal(12)}}

    change_order(order.pk, Changes(lines=typed), actor=SCM)

    kept, rest = order.lines.order_by("position")
    assert figures(kept) == ("30.01", "1.67", "3.33", "31.67", "0.00", "6.33")
    assert figures(rest) == ("40.00", "3.33", "8.67", "45.34", "0.00", "9.07")
    assert (kept.charge_amount, rest.charge_amount) == (Decimal("3.33"), Decimal("8.67"))
    assert wrong() == []


def test_refuses_a_charge_below_zero_or_finer_than_the_currency(market: Market) -> None:
    order = drafted(market)
    before = written(order)

    for charge, sentence in (
        ("-0.01", "An amount cannot be negative: enter 0 or more."),
        ("0.001", "Amounts in EUR have at most 2 decimals."),
    ):
        with pytest.raises(InvalidAmount, match=sentence) as refused:
            add_line(order, actor=SCM, product=market.product(), charge_amount=Decimal(charge))
        assert refused.value.field == "charge_amount"
        assert written(order) == before


def test_refuses_a_charge_of_a_trade_in_or_on_a_quote(market: Market, quote: Quote) -> None:
    order = drafted(market)
    before = written(order), written(quote)
    rule = "only goods and services of an order have one"

    with pytest.raises(NotForThisLine, match=f"Old machine .* cannot have a charge: {rule}"):
        trade_in(order, market, "10.00", charge_amount=Decimal(1))
    with pytest.raises(NotForThisLine, match=rule) as refused:
        add_line(quote, actor=SCM, product=market.product(), charge_amount=Decimal(1))

    assert refused.value.field == "charge_amount"
    assert (written(order), written(quote)) == before


@pytest.mark.parametrize(
    ("table", "change", "constraint"),
    [
        ("sales_quoteline", "charge_amount = 1", "quote_line_never_charged"),
        ("sales_orderline", "charge = charge + 1", "orderline_net_adds_up"),
        ("sales_orderline", "charge_amount = -1", "orderline_figures_on_their_side"),
        ("sales_invoiceline", "charge_amount = 1", "invoice_line_charged_as_ordered"),
    ],
)
def test_the_database_lets_only_lines_of_orders_have_one(
    market: Market, quote: Quote, table: str, change: str, constraint: str
) -> None:
    add_line(quote, actor=market.rep, product=market.product())
    bill(submitted(market), market, "1")

    refused = pytest.raises(IntegrityError, match=constraint)
    with pgtrigger.ignore(), refused, transaction.atomic():
        sql(f"UPDATE {table} SET {change}")  # noqa: S608  # names of this test


def test_finds_a_charge_that_was_tampered_with(market: Market) -> None:
    order = submitted(market)

    tamper("UPDATE sales_orderline SET charge = charge + 1, base = base - 1")

    assert f"{order}, line 1: charge is 11, should be 10." in wrong()


def test_explains_the_charge_of_a_line_and_its_part(market: Market) -> None:
    order = submitted(market)
    invoice = bill(order, market, "1")
    ordered, billed = (explain(each, lines_of(each)).lines for each in (order, invoice))

    [steps] = ordered.values()
    assert [(step.label, step.formula, step.result) for step in steps][2:4] == [
        ("charge", "charge of the line", Decimal("10.00")),
        ("net", "base − discount + charge", Decimal("95.00")),
    ]
    [parts] = billed.values()
    assert ("charge", Decimal("3.33")) in [(step.label, step.result) for step in parts]


def test_shows_a_charge_where_the_discount_is_and_only_there(
    client: Client, market: Market
) -> None:
    charged, plain = submitted(market), submitted(market, charge="0.00")
    client.force_login(market.rep)

    pages = [
        client.get(f"/orders/{charged.pk}/").content.decode(),
        client.get(f"/invoices/{bill(charged, market, '1').pk}/").content.decode(),
        client.get(f"/orders/{plain.pk}/").content.decode(),
    ]

    assert ["+ €10.00 charge" in pages[0], "+ €3.33 charge" in pages[1]] == [True, True]
    assert "charge</small>" not in pages[2]
