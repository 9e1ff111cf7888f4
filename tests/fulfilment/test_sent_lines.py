"""Lines as they are sent: price, discount and charge make the net, whatever was done."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from random import Random
from typing import Any

import pytest

from api.schemas import InvoiceSchema, OrderSchema, QuoteSchema
from fulfilment.payloads import invoice_payload, order_payload, quote_payload
from sales.models import (
    Company,
    DiscountBand,
    DiscountList,
    DocumentLine,
    Invoice,
    Order,
    PriceListItem,
)
from sales.pricing.money import minor_units
from sales.services.change_orders import close_rest
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order, submit_order
from sales.services.promotions import apply_promotion
from sales.services.quotes import activate_quote
from tests.factories import Market
from tests.fulfilment.messages import money
from tests.sales.order_steps import billed, trade_in
from tests.sales.promotion_codes import amount_code, code
from tests.sales.random_trading import Trade

EXACT = Context(prec=60)
TEN_PERCENT = Decimal("0.1")


def amount(value: dict[str, str]) -> Decimal:
    """Read an amount of a message."""
    return Decimal(value["amount"])


def smallest_unit(line: dict[str, Any]) -> Decimal:
    """Return the smallest amount of a line's currency."""
    return Decimal(1).scaleb(-minor_units(line["net"]["currency"]))


def comes_to(line: dict[str, Any]) -> Decimal:
    """Work out what a line comes to before tax, from what is sent and nothing else."""
    quantity = Decimal(line["quantity"]) + Decimal(line.get("cancelled", "0"))
    price = amount(line["unit_price"])
    whole = EXACT.divide(EXACT.multiply(quantity, price), Decimal(line["price_quantity"]))
    base = whole.quantize(smallest_unit(line), ROUND_HALF_UP, EXACT)
    return base - amount(line["discount"]) + amount(line["charge"]) - amount(line["included_tax"])


def does_not_add_up(document: dict[str, Any]) -> Iterator[str]:
    """Name the lines that do not make their net, and the totals that the lines do not make."""
    lines, totals = document["lines"], document["totals"]
    for line in lines:
        if comes_to(line) != amount(line["net"]):
            yield f"{line} comes to {comes_to(line)}"
        if amount(line["net"]) + amount(line["tax"]) != amount(line["gross"]):
            yield f"{line} with tax"
        if min(amount(line["discount"]), amount(line["charge"])) < 0:
            yield f"{line} is reduced by less than nothing"
        yield from is_made_to_fit(line, document)
    for figure, total in (("net", "detail"), ("header_discount", "discount"), ("tax", "tax")):
        summed = sum((amount(line[figure]) for line in lines), Decimal(0))
        if summed != amount(totals[total]):
            yield f"{total} is {totals[total]}, not {summed}"


def is_made_to_fit(line: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """Name a line in which a charge, or the tax in it, hides more than what rounding leaves."""
    units = 3 * smallest_unit(line)
    tax = amount(line["tax"]) + amount(line["header_discount"]) * Decimal(line["tax_rate"])
    included = tax if document["prices_include_tax"] else Decimal(0)
    if abs(amount(line["included_tax"]) - included) > units / 2:
        yield f"{line} includes another tax"
    if amount(line["charge"]) > units:
        yield f"{line} is charged more"
    asks_ahead = line["kind"] in DocumentLine.AHEAD
    if asks_ahead and (amount(line["discount"]) or amount(line["charge"])):
        yield f"{line} asks for another amount"


def everything_sent() -> Iterator[dict[str, Any]]:
    """Every order, invoice and credit note there is, as it would be sent."""
    for order in Order.objects.exclude(status=Order.Status.DRAFT):
        yield order_payload(order)["order"]
    for invoice in Invoice.objects.exclude(status=Invoice.Status.DRAFT):
        yield invoice_payload(invoice)["invoice"]


class TradeOfEverySort(Trade):
    """Trading in which lines have volume discounts and promotions, are free, or are written in."""

    def __init__(self, market: Market) -> None:
        super().__init__(market)
        tenth = DiscountList.objects.create(name="A tenth")
        DiscountBand.objects.create(discount_list=tenth, quantity_from=2, discount_rate=TEN_PERCENT)
        odd = DiscountList.objects.create(
            name="An odd amount", kind=DiscountList.Kind.AMOUNT, currency=market.currency
        )
        DiscountBand.objects.create(
            discount_list=odd, quantity_from=3, discount_amount=Decimal("0.12345")
        )
        items = PriceListItem.objects.filter(product__in=self.products[::2])
        items.update(discount_list=tenth)
        PriceListItem.objects.filter(product=self.products[3]).update(discount_list=odd)
        code(discount_rate=Decimal("0.0333"))

    def order(self, rng: Random) -> None:
        """Submit an order with lines of every sort."""
        order = draft_order(
            actor=self.rep,
            account=self.market.account,
            name="Of every sort",
            discount_rate=rng.choice([Decimal(0), Decimal("0.015"), Decimal("0.3")]),
            prices_include_tax=rng.random() < 0.5,
            rounding=rng.choice(Company.Rounding.values),
            discount_method=rng.choice(Company.DiscountMethod.values),
        )
        self.fill(order, rng)
        if rng.random() < 0.5:
            apply_promotion(order, actor=self.rep, code="SPRING")
        submit_order(order.pk, actor=self.rep)

    def fill(self, document: Order | Invoice, rng: Random) -> None:
        """Add products, a write-in, something free, and perhaps a trade-in."""
        for product in rng.sample(self.products, 3):
            quantity = Decimal(rng.choice(["1", "3", "7", "2.5", "12", "0.75"]))
            add_line(
                document,
                actor=self.rep,
                product=product,
                quantity=quantity,
                discount_rate=rng.choice([None, Decimal("0.025"), Decimal(1)]),
            )
        add_line(
            document,
            actor=self.rep,
            description="Installation",
            product_category=self.market.category,
            tax_category=self.market.tax_category,
            quantity=Decimal(rng.choice(["1", "3"])),
            unit_price=Decimal(rng.choice(["0", "333.335", "99"])),
            price_quantity=Decimal(rng.choice(["1", "7"])),
        )
        add_line(document, actor=self.rep, description="By the loading ramp", kind="note")
        if rng.random() < 0.4:
            trade_in(document, self.market, rng.choice(["1", "7"]), quantity=Decimal(2))

    def free(self, rng: Random) -> None:
        """Issue an invoice without an order."""
        draft = draft_invoice(
            actor=self.rep,
            account=self.market.account,
            name="Without an order",
            discount_rate=rng.choice([Decimal(0), Decimal("0.015")]),
            prices_include_tax=rng.random() < 0.5,
        )
        self.fill(draft, rng)
        issue_invoice(draft.pk, actor=self.rep)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(6))
def test_makes_the_net_of_every_line_whatever_was_done(seed: int) -> None:
    dice = Random(seed)
    trade = TradeOfEverySort(Market(currency=["JPY", "EUR", "KWD"][seed % 3]))
    trade.order(dice)
    trade.do(trade.free, dice)

    for _ in range(25):
        trade.do(dice.choice(trade.actions), dice)
    trade.do(lambda rng: trade.finish(), dice)

    sent = list(everything_sent())
    assert len(sent) > 2, trade.refused
    wrong = [fault for document in sent for fault in does_not_add_up(document)]
    assert wrong == [], f"after {trade.done}"


def test_sends_the_price_after_the_volume_discount(market: Market) -> None:
    product = market.product("10.00")
    volume = DiscountList.objects.create(name="A tenth")
    DiscountBand.objects.create(discount_list=volume, quantity_from=10, discount_rate=TEN_PERCENT)
    PriceListItem.objects.filter(product=product).update(discount_list=volume)
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        order,
        actor=market.rep,
        product=product,
        quantity=Decimal(10),
        discount_amount=Decimal("5.00"),
    )

    [line] = order_payload(submit_order(order.pk, actor=market.rep))["order"]["lines"]

    assert (line["unit_price"], line["discount"]) == (money("9.00"), money("5.00"))
    assert (line["charge"], line["net"]) == (money("0.00"), money("85.00"))


def test_sends_price_and_discount_with_tax_where_prices_include_it(market: Market) -> None:
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", prices_include_tax=True
    )
    add_line(
        order,
        actor=market.rep,
        product=market.product("12.00"),
        quantity=Decimal(3),
        discount_amount=Decimal("10.00"),
    )

    sent = order_payload(submit_order(order.pk, actor=market.rep))["order"]

    [line] = sent["lines"]
    assert sent["prices_include_tax"] is True
    assert (line["unit_price"], line["discount"]) == (money("12.00"), money("10.00"))
    assert (line["included_tax"], line["tax_rate"]) == (money("4.33"), "0.2")
    assert (line["net"], line["tax"], line["gross"]) == (
        money("21.67"),
        money("4.33"),
        money("26.00"),
    )


def test_sends_the_typed_discount_also_where_the_header_discount_hides_a_cent(
    market: Market,
) -> None:
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", prices_include_tax=True
    )
    for price in ("10.05", "3.35", "99.99"):
        add_line(
            order,
            actor=market.rep,
            product=market.product(price),
            discount_amount=Decimal("0.05"),
        )
    change_head(order, actor=market.rep, discount_rate=Decimal("0.05"))

    sent = order_payload(submit_order(order.pk, actor=market.rep))["order"]

    assert [line["discount"] for line in sent["lines"]] == [money("0.05")] * 3
    assert [line["charge"] for line in sent["lines"]] == [money("0.00")] * 3
    assert list(does_not_add_up(sent)) == []


def test_sends_promotions_as_part_of_the_discount_and_the_header_s_share_apart(
    market: Market,
) -> None:
    amount_code("4.00")
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        order,
        actor=market.rep,
        product=market.product("50.00"),
        quantity=Decimal(2),
        discount_amount=Decimal("6.00"),
    )
    apply_promotion(order, actor=market.rep, code="SPRING")
    change_head(order, actor=market.rep, discount_amount=Decimal("9.00"))

    sent = order_payload(submit_order(order.pk, actor=market.rep))["order"]

    [line] = sent["lines"]
    assert (line["discount"], line["net"]) == (money("10.00"), money("90.00"))
    assert (line["header_discount"], line["tax"]) == (money("9.00"), money("16.20"))


def test_sends_the_cent_that_a_part_comes_to_more_as_a_charge(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("0.334"), quantity=Decimal(3))
    order = submit_order(order.pk, actor=market.rep)
    [ordered] = order.lines.all()
    one = {ordered.pk: Decimal(1)}

    parts = [billed(order, market, what="lines", quantities=one) for _ in range(3)]

    sent = [invoice_payload(part)["invoice"]["lines"][0] for part in parts]
    assert [line["net"] for line in sent] == [money("0.33"), money("0.34"), money("0.33")]
    assert [line["charge"] for line in sent] == [money("0.00"), money("0.01"), money("0.00")]
    assert [line["unit_price"] for line in sent] == [money("0.334")] * 3


def test_sends_the_category_of_a_write_in(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        order,
        actor=market.rep,
        description="Installation",
        product_category=market.category,
        tax_category=market.tax_category,
        unit_price=Decimal("80.00"),
    )
    add_line(order, actor=market.rep, description="By the ramp", kind="note")
    order = submit_order(order.pk, actor=market.rep)
    invoice = billed(order, market, what="all")

    [line, note] = order_payload(order)["order"]["lines"]
    [taken] = invoice_payload(invoice)["invoice"]["lines"]

    assert (line["kind"], line["category"]) == ("write_in", market.category.code)
    assert (note["kind"], note["category"], note["charge"]) == ("note", "", money("0.00"))
    assert (taken["kind"], taken["category"]) == ("write_in", market.category.code)


def test_sends_a_credit_and_what_is_left_of_an_order_so_that_they_add_up(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        order,
        actor=market.rep,
        product=market.product("33.33"),
        quantity=Decimal(7),
        discount_amount=Decimal("10.00"),
    )
    order = submit_order(order.pk, actor=market.rep)
    [ordered] = order.lines.all()
    invoice = billed(order, market, what="lines", quantities={ordered.pk: Decimal(3)})
    [part] = invoice.lines.all()
    note = credit_invoice(
        invoice.pk, actor=market.rep, reason="Broken", quantities={part.pk: Decimal(1)}
    )
    close_rest(order.pk, actor=market.rep, reason="They need no more")

    sent = [
        invoice_payload(note)["invoice"],
        order_payload(Order.objects.get(pk=order.pk))["order"],
    ]

    assert [line["discount"] for each in sent for line in each["lines"]] == [
        money("1.43"),
        money("2.86"),
    ]
    assert [fault for each in sent for fault in does_not_add_up(each)] == []


def test_sends_a_cancelled_order_with_what_was_ordered(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("10.00"), quantity=Decimal(3))
    order = submit_order(order.pk, actor=market.rep)

    sent = order_payload(cancel_order(order.pk, actor=market.rep, reason="Lost"))["order"]

    [line] = sent["lines"]
    assert (line["quantity"], line["cancelled"], line["net"]) == ("0", "3", money("30.00"))
    assert list(does_not_add_up(sent)) == []


def test_describes_what_it_sends(market: Market) -> None:
    day = market.company.today()
    quote = draft_quote(actor=market.rep, account=market.account, name="Refit", valid_until=day)
    add_line(quote, actor=market.rep, product=market.product("0.335"), quantity=Decimal(2))
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("10.00"))
    order = submit_order(order.pk, actor=market.rep)
    invoice = issue_invoice(
        invoice_order(order.pk, actor=market.rep, what="all").pk, actor=market.rep
    )

    sent_quote = quote_payload(activate_quote(quote.pk, actor=market.rep))["quote"]

    assert list(does_not_add_up(sent_quote)) == []
    assert QuoteSchema(data=sent_quote).is_valid(raise_exception=True)
    assert OrderSchema(data=order_payload(order)["order"]).is_valid(raise_exception=True)
    assert InvoiceSchema(data=invoice_payload(invoice)["invoice"]).is_valid(raise_exception=True)
