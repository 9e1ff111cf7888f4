"""What an order comes to on its page, and on that of its last invoice."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import BundleItem, Order, Product
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import HeadChanges
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.factories import Market
from tests.html_forms import forms_in
from tests.sales.order_steps import billed
from web.record_urls import record_url


@pytest.fixture
def order(market: Market) -> Order:
    """Ten at 100.00 and freight of 50.00: 1250.00 with 20 % tax."""
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", freight=Decimal(50)
    )
    add_line(order, actor=market.rep, product=market.product("100"), quantity=Decimal(10))
    return submit_order(order.pk, actor=market.rep)


def ship_all(order: Order, market: Market) -> None:
    lines = {order.lines.get().pk: Decimal(10)}
    record_shipment(order.pk, actor=market.rep, lines=lines)


def return_goods(order: Order, market: Market, quantity: int) -> None:
    lines = {order.lines.get().pk: Decimal(quantity)}
    record_return(order.pk, actor=market.rep, lines=lines, replace=False)


def totals(page: str) -> list[str]:
    """Read the rows of the card with the totals."""
    card = page.split('id="totals"')[1].split("</dl>", maxsplit=1)[0]
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", card, re.DOTALL)
    return [f"{strip_tags(label)} {strip_tags(amount).strip()}" for label, amount in rows]


def test_the_totals_say_what_is_never_billed(rep: Client, order: Order, market: Market) -> None:
    ship_all(order, market)
    return_goods(order, market, 4)
    billed(order, market, what="all")

    page = rep.get(record_url(order)).text

    assert totals(page)[-3:] == [
        "Total €1,250.00",
        "Returned, not billed −€480.00",
        "Comes to €770.00",
    ]


def test_leads_to_the_credit_of_billed_goods_that_came_back(
    rep: Client, order: Order, market: Market
) -> None:
    ship_all(order, market)
    invoice = billed(order, market, what="all")
    assert "came back" not in rep.get(record_url(order)).text

    return_goods(order, market, 4)

    page = rep.get(record_url(order)).text
    address = f"{reverse('sales:invoice-credit', args=[invoice.pk])}?returned=1"
    assert "4 of Espresso machine came back, are not replaced and stay billed" in page
    assert f'<a href="{address}">Credit {invoice}</a>' in page


def test_leads_to_the_draft_of_goods_that_came_back(
    rep: Client, order: Order, market: Market
) -> None:
    ship_all(order, market)
    line = order.lines.get()
    billed(order, market, what="lines", quantities={line.pk: Decimal(5)})
    draft = invoice_order(order.pk, actor=market.rep, what="all")
    assert "came back" not in rep.get(record_url(order)).text

    return_goods(order, market, 2)

    page = rep.get(record_url(order)).text
    assert "A draft invoice bills 2 of Espresso machine more than is left since goods" in page
    assert f'<a href="{record_url(draft)}">Open the draft</a>' in page
    assert "stay billed" not in page


def test_the_credit_of_what_came_back_is_filled_in(
    rep: Client, order: Order, market: Market
) -> None:
    ship_all(order, market)
    invoice = billed(order, market, what="all")
    return_goods(order, market, 3)
    return_goods(order, market, 1)
    address = f"{reverse('sales:invoice-credit', args=[invoice.pk])}?returned=1"

    shown = rep.get(address)

    form = shown.context["form"]
    [row] = form.rows()
    assert (row.field.value(), form["bill_again"].value()) == ("4", False)
    assert form.totals() == [("Freight", "€20.00"), ("To be credited", "€500.00")]

    [sent] = [form for form in forms_in(shown.text) if row.field.html_name in form.fields]
    rep.post(address, {**sent.fields, "reason": "Broken"})

    order.refresh_from_db()
    assert (order.status, order.lines.get().closed_quantity) == ("completed", 4)
    assert "came back" not in rep.get(record_url(order)).text
    [row] = rep.get(address).context["form"].rows()
    assert row.field.value() == "0"


def test_freight_that_was_prepaid_is_not_taken_off_the_lines(
    rep: Client, order: Order, market: Market
) -> None:
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(1))
    issue_invoice(ahead.pk, actor=market.rep)

    last = billed(order, market, what="all")

    assert totals(rep.get(record_url(last)).text) == [
        "Subtotal, 2 lines €0.00",
        "Freight €50.00",
        "Down payment on freight deducted −€50.00",
        "Tax 20% on €0.00 €0.00",
        "Total €0.00",
    ]


def test_the_dialog_of_a_down_payment_says_what_is_left_to_ask_for(
    rep: Client, order: Order, market: Market
) -> None:
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.2"))
    issue_invoice(ahead.pk, actor=market.rep)
    billed(order, market, what="percentage", rate=Decimal("0.3"))

    form = rep.get(reverse("sales:order-invoice", args=[order.pk])).context["form"]

    assert [(str(fact.label), fact.value) for fact in form.ahead()] == [
        ("Order total", "€1,250.00"),
        ("Asked for ahead so far", "€250.00"),
        ("Left to ask for", "€700.00"),
    ]


def test_a_change_order_tells_what_is_billed_from_what_is_on_drafts(
    rep: Client, order: Order, market: Market
) -> None:
    billed(order, market, what="percentage", rate=Decimal("0.15"))
    invoice_order(order.pk, actor=market.rep, what="percentage", rate=Decimal("0.15"))

    rows = rep.get(reverse("sales:order-change", args=[order.pk])).context["rows"]

    assert [row.progress for row in rows] == ["0 shipped, 1.5 billed, 1.5 on drafts"]


def test_no_part_of_an_address_or_of_the_account_is_cut(
    rep: Client, order: Order, market: Market
) -> None:
    street = "Building C, second courtyard, third entrance, 117 rue de la République Française"
    head: HeadChanges = {"shipping_address": {**order.delivery_address, "street": street}}
    change_order(order.pk, Changes(head=head), actor=market.rep)

    page = rep.get(record_url(order)).text

    facts = page.split('<dl class="kv">')[2]
    for text in (street, str(market.account)):
        assert re.search(rf'<bdi class="whole">{re.escape(text)}', facts)
    assert f'<bdi class="name" title="{street}' not in page


def test_names_what_is_cancelled_of_a_part_whose_set_came_back(rep: Client, market: Market) -> None:
    sets = market.product("100.00", kind=Product.Kind.BUNDLE, name="Set")
    part = market.product("30.00", name="Part")
    BundleItem.objects.create(bundle=sets, product=part, unit=part.default_unit, quantity=6)
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(draft, actor=market.rep, product=sets)
    order = submit_order(draft.pk, actor=market.rep)
    pk = order.lines.get(description="Part").pk
    record_shipment(order.pk, actor=market.rep, lines={pk: Decimal(5)})
    record_return(order.pk, actor=market.rep, lines={pk: Decimal(1)}, replace=False)

    page = rep.post(
        reverse("sales:order-close", args=[order.pk]), {"reason": "No more"}, follow=True
    ).text

    assert "1 returned, 1 cancelled" in page
    assert Order.objects.get().status == Order.Status.COMPLETED
