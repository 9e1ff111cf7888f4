from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from sales.models import Invoice, Order, Quote
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.order_invoices import delete_draft_invoice, invoice_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import change_head, draft_order, draft_quote
from sales.services.documents.explanations import explain
from sales.services.documents.lines import add_line
from sales.services.documents.totals import lines_of
from sales.services.invoices import issue_invoice
from sales.services.orders import submit_order
from tests.factories import Market, UserFactory


@pytest.fixture
def quote(market: Market) -> Quote:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("33.33"), quantity=Decimal(3))
    change_head(quote, actor=market.rep, discount_rate=Decimal("0.07"), freight=Decimal(5))
    return Quote.objects.get(pk=quote.pk)


@pytest.fixture
def order(market: Market) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("33.33"), quantity=Decimal(3))
    change_head(order, actor=market.rep, discount_rate=Decimal("0.07"))
    return submit_order(order.pk, actor=market.rep)


def issued(order: Order, market: Market, quantity: int) -> Invoice:
    line = order.lines.get()
    draft = invoice_order(
        order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(quantity)}
    )
    return issue_invoice(draft.pk, actor=market.rep)


def why(document: Quote | Order | Invoice, figure: str = "") -> str:
    kind = f"{document._meta.model_name}s"
    if figure:
        return reverse("sales:why-figure", args=[kind, document.pk, figure])
    return reverse("sales:why", args=[kind, document.pk])


def test_tells_every_step_to_the_total(client: Client, market: Market, quote: Quote) -> None:
    client.force_login(market.rep)

    [totals] = client.get(why(quote, "total")).context["sections"]

    told = [(each.label, each.result) for each in totals.steps]
    assert told == [
        ("Detail", "€99.99"),
        ("Discount", "€7.00"),
        ("Pre-freight", "€92.99"),
        ("Tax at 20 %", "€18.60"),
        ("Tax", "€18.60"),
        ("Total", "€116.59"),
    ]
    assert totals.steps[0].values == [("1 Espresso machine", "€99.99")]
    assert totals.steps[1].values == [("detail", "€99.99"), ("header rate", "7%")]


def test_stops_at_the_figure_one_asks_about(client: Client, market: Market, quote: Quote) -> None:
    client.force_login(market.rep)
    [totals] = client.get(why(quote, "discount")).context["sections"]
    assert [each.label for each in totals.steps] == ["Detail", "Discount"]


def test_tells_the_steps_of_a_line_in_the_dialog(
    client: Client, market: Market, quote: Quote
) -> None:
    client.force_login(market.rep)
    answer = client.get(why(quote, str(quote.lines.get().pk)), headers={"HX-Request": "true"})
    shown = answer.content.decode()
    assert "<html" not in shown
    assert "= quantity × unit price" in shown
    assert "rounded half up to 2 decimals" in shown


def test_retraces_every_cent_of_a_partial_invoice(market: Market, order: Order) -> None:
    first, rest = issued(order, market, 1), issued(order, market, 2)
    for invoice in (first, rest):
        [steps] = explain(invoice, lines_of(invoice)).lines.values()
        results = {step.label: step.result for step in steps}
        line = invoice.lines.get()
        assert results["net"] == line.net
        assert results["tax"] == line.tax
        assert results["header discount"] == line.header_discount
        assert steps[0].formula == (
            "taxable × (billed before + quantity) ÷ ordered − taxable billed before"
        )
    values = {step.label: step for step in steps}["tax"].values
    assert values["billed before"] == 1
    assert values["tax billed before"] == first.tax


def test_retraces_a_credit_note_and_a_down_payment(market: Market, order: Order) -> None:
    invoice = issued(order, market, 2)
    line = invoice.lines.get()
    credit_invoice(invoice.pk, actor=market.rep, reason="x", quantities={line.pk: Decimal(1)})
    note = credit_invoice(invoice.pk, actor=market.rep, reason="x")
    [steps] = explain(note, lines_of(note)).lines.values()
    assert {step.label: step.result for step in steps}["net"] == note.lines.get().net
    assert steps[0].values["billed before"] == 1

    ahead = invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("12.00"))
    totals = {step.label: step.result for step in explain(ahead, lines_of(ahead)).totals}
    assert [totals[name] for name in ("detail", "tax", "total")] == [
        Decimal(10),
        Decimal(2),
        Decimal(12),
    ]


def test_says_so_when_what_was_billed_before_has_changed(market: Market, order: Order) -> None:
    line = order.lines.get()
    first, second = (
        invoice_order(order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(1)})
        for _ in range(2)
    )
    delete_draft_invoice(first.pk, actor=market.rep)

    [steps] = explain(second, lines_of(second)).lines.values()

    assert "has changed since" in steps[0].remark
    assert steps[0].result == Decimal("30.99")  # 61.99 of two less 31.00 of one; alone 31.00


def test_knows_no_other_figure(client: Client, market: Market, quote: Quote) -> None:
    client.force_login(market.rep)
    assert client.get(why(quote, "mood")).status_code == 404


def test_is_closed_to_strangers_and_open_to_auditors(client: Client, quote: Quote) -> None:
    for who, status in ((UserFactory.create(), 404), (UserFactory.create(role=roles.AUDITOR), 200)):
        client.force_login(who)
        assert client.get(why(quote)).status_code == status
