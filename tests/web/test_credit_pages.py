"""Crediting an invoice on the screen: what would be credited is shown, and is what is credited."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from sales.models import Invoice, Order, TaxRate
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from tests.factories import Market, TaxCategoryFactory
from tests.sales.order_steps import billed
from tests.web.refusals import reason_shown


def url(invoice: Invoice) -> str:
    return reverse("sales:invoice-credit", args=[invoice.pk])


def figures(page: str) -> list[list[str]]:
    """Read the rows of the table of what is credited."""
    table = page.split('class="table list credited"')[1].split("</table>", maxsplit=1)[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table.split("</thead>")[1], re.DOTALL)
    cells = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows)
    return [[strip_tags(cell).strip() for cell in row] for row in cells]


@pytest.fixture
def order(market: Market) -> Order:
    """Ten machines at 100.00 taxed at 20 %, and ten bags at 10.00 taxed at 5.5 %."""
    category = TaxCategoryFactory.create()
    TaxRate.objects.create(category=category, zone=market.zone, rate=Decimal("0.055"))
    beans = market.product("10")
    beans.tax_category = category
    beans.save()
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for product in (market.product("100"), beans):
        add_line(order, actor=market.rep, product=product, quantity=Decimal(10))
    return submit_order(order.pk, actor=market.rep)


@pytest.fixture
def ahead(order: Order, market: Market) -> Invoice:
    """An issued down payment of 20 %: 240.00 and 21.10 with tax."""
    draft = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.2"))
    return issue_invoice(draft.pk, actor=market.rep)


def test_shows_what_all_of_it_comes_to(rep: Client, order: Order, market: Market) -> None:
    invoice = billed(order, market, what="all")

    assert figures(rep.get(url(invoice)).text) == [
        ["Espresso machine", "10", "20%", "€1,000.00", "€200.00"],
        ["Espresso machine", "10", "5.5%", "€100.00", "€5.50"],
        ["To be credited", "€1,305.50"],
    ]


def test_shows_what_typed_quantities_come_to_before_anything_is_credited(
    rep: Client, order: Order, market: Market
) -> None:
    invoice = billed(order, market, what="all")
    machines, _ = invoice.lines.order_by("position")
    typed = {str(machines.pk): "3", "step": "preview"}

    part = rep.post(url(invoice), typed, headers={"HX-Request": "true"})

    assert figures(part.text) == [
        ["Espresso machine", "3", "20%", "€300.00", "€60.00"],
        ["To be credited", "€360.00"],
    ]
    assert not invoice.credit_notes.exists()


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("11", "11 cannot be credited, only 10 are left"),
        ("many", "Espresso machine is not a number: enter one, such as 12.50."),
        ("0", "Enter a quantity for at least one line."),
    ],
)
def test_says_why_a_quantity_cannot_be_credited(
    rep: Client, order: Order, market: Market, typed: str, reason: str
) -> None:
    invoice = billed(order, market, what="all")
    answers = {str(invoice.lines.order_by("position")[0].pk): typed, "step": "preview"}

    part = rep.post(url(invoice), answers, headers={"HX-Request": "true"})

    assert reason in part.text
    assert not invoice.credit_notes.exists()


def test_tells_the_rates_of_a_down_payment_apart(rep: Client, ahead: Invoice) -> None:
    form = rep.get(url(ahead)).context["form"]

    assert [row.name for row in form.rows()] == [
        f"Down payment on {ahead.order}, 5.5%",
        f"Down payment on {ahead.order}, 20%",
    ]


@pytest.mark.parametrize("share", ["0.3", "0.33333", "0.7"])
def test_offers_of_a_down_payment_what_is_not_deducted_and_credits_that(
    rep: Client, order: Order, market: Market, ahead: Invoice, share: str
) -> None:
    deducting = billed(order, market, what="percentage", rate=Decimal(share))
    deducted = -sum(line.gross for line in deducting.lines.filter(kind="down_payment"))

    page = rep.get(url(ahead))
    shown = figures(page.text)[-1]
    form = page.context["form"]
    offered = {row.field.html_name: row.field.value() for row in form.rows()}
    rep.post(url(ahead), {**offered, "reason": "Closed"})

    note = ahead.credit_notes.get()
    assert note.total == ahead.total - deducted
    assert shown == ["To be credited", f"€{note.total:,.2f}"]


def test_offers_nothing_of_a_down_payment_that_is_deducted(
    rep: Client, order: Order, market: Market, ahead: Invoice
) -> None:
    billed(order, market, what="all")

    refused = rep.get(url(ahead))

    assert "is deducted on a later invoice already" in reason_shown(rep, refused, ahead)
