from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from crm import roles
from sales.models import Invoice, Order
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice, draft_order
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from tests.factories import Market, UserFactory
from tests.sales.order_steps import submitted
from tests.web.refusals import reason_shown
from web.record_urls import record_url


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "3", price="33.33")


@pytest.fixture
def invoice(market: Market, order: Order) -> Invoice:
    draft = invoice_order(order.pk, actor=market.rep, what="all")
    return issue_invoice(draft.pk, actor=market.rep)


def bill(order: Order) -> str:
    return reverse("sales:order-invoice", args=[order.pk])


def credit(invoice: Invoice) -> str:
    return reverse("sales:invoice-credit", args=[invoice.pk])


@pytest.mark.parametrize(
    ("answers", "total"),
    [
        ({"what": "all"}, "119.99"),
        ({"what": "percentage", "rate": "33.333"}, "40.00"),
        ({"what": "down_payment", "rate": "50"}, "60.00"),
        ({"what": "milestone", "amount": "25.50", "description": "Design done"}, "25.50"),
    ],
)
def test_drafts_an_invoice_of_every_kind(
    rep: Client, order: Order, answers: dict[str, str], total: str
) -> None:
    answer = rep.post(bill(order), answers)

    invoice = order.invoices.get()
    assert answer["Location"] == reverse("sales:invoice-detail", args=[invoice.pk])
    assert (invoice.what, invoice.total) == (answers["what"], Decimal(total))
    if "description" in answers:
        assert invoice.lines.get().description == "Design done"


def test_edits_no_head_that_comes_from_the_order_and_says_so_as_the_service_does(
    rep: Client, order: Order, market: Market
) -> None:
    draft = invoice_order(order.pk, actor=market.rep, what="all")
    reason = (
        f"This invoice bills {order.number} and has its prices and discounts: "
        "delete the draft to invoice the order in another way."
    )

    refused = rep.get(reverse("sales:invoice-edit", args=[draft.pk]))

    assert reason_shown(rep, refused, draft) == reason
    assert rep.get(record_url(draft)).context["locked"] == reason


def test_edits_no_head_of_an_issued_invoice(rep: Client, invoice: Invoice) -> None:
    refused = rep.get(reverse("sales:invoice-edit", args=[invoice.pk]))

    assert reason_shown(rep, refused, invoice) == f"{invoice} is issued: only drafts are changed."


def test_drafts_an_invoice_of_what_was_shipped(rep: Client, order: Order, market: Market) -> None:
    record_progress(order, {order.lines.get().pk: Progress(Decimal(2))}, actor=market.rep)
    rep.post(bill(order), {"what": "shipped"})
    assert order.invoices.get().total == Decimal("79.99")


def test_drafts_an_invoice_of_chosen_quantities(rep: Client, order: Order) -> None:
    line = order.lines.get()
    rep.post(bill(order), {"what": "lines", str(line.pk): "1"})
    assert order.invoices.get().total == Decimal("40.00")
    page = rep.get(bill(order))
    assert [cell for _, cell in page.context["form"].rows()[0].cells] == ["3", "0", "0", "1", "2"]


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"what": "percentage"}, "rate"),
        ({"what": "percentage", "rate": "101"}, "rate"),
        ({"what": "down_payment"}, "amount"),
        ({"what": "down_payment", "rate": "10", "amount": "5"}, "amount"),
        ({"what": "milestone", "amount": "500"}, "amount"),
        ({"what": "nonsense"}, "what"),
    ],
)
def test_refuses_an_invoice_of_nothing_in_particular(
    rep: Client, order: Order, answers: dict[str, str], field: str
) -> None:
    page = rep.post(bill(order), answers)
    assert page.status_code == 422
    assert page.context["form"].errors[field]
    assert not order.invoices.exists()


def test_refuses_more_than_is_open_beside_its_line(rep: Client, order: Order) -> None:
    line = order.lines.get()
    page = rep.post(bill(order), {"what": "lines", str(line.pk): "4"})
    assert page.status_code == 422
    assert "Only 3 of this line are open: enter at most 3 instead of 4." in str(
        page.context["form"].errors[str(line.pk)]
    )
    assert not order.invoices.exists()


def test_issues_a_credit_note_and_links_it_both_ways(rep: Client, invoice: Invoice) -> None:
    line = invoice.lines.get()

    answer = rep.post(credit(invoice), {"reason": "Broken", "bill_again": "on", str(line.pk): "1"})

    note = invoice.credit_notes.get()
    assert answer["Location"] == reverse("sales:invoice-detail", args=[note.pk])
    assert (note.total, note.reason, note.bill_again) == (Decimal("40.00"), "Broken", True)
    assert str(note.number).startswith("CN-")
    on_note = rep.get(answer["Location"]).content.decode()
    on_invoice = rep.get(reverse("sales:invoice-detail", args=[invoice.pk])).content.decode()
    assert reverse("sales:invoice-detail", args=[invoice.pk]) in on_note
    assert reverse("sales:invoice-detail", args=[note.pk]) in on_invoice
    assert "−€40.00" in on_invoice
    assert "Record payment" not in on_note


def test_credits_without_billing_again(rep: Client, invoice: Invoice, order: Order) -> None:
    rep.post(credit(invoice), {"reason": "Goodwill", str(invoice.lines.get().pk): "3"})
    assert order.lines.get().open_to_bill == 0
    refused = rep.get(credit(invoice))
    assert reason_shown(rep, refused, invoice) == (
        f"All of {invoice} is credited already: there is nothing left to credit."
    )


def test_refuses_a_credit_of_nothing_of_too_much_or_without_a_reason(
    rep: Client, invoice: Invoice
) -> None:
    line = str(invoice.lines.get().pk)
    nothing = rep.post(credit(invoice), {"reason": "Broken"})
    unexplained = rep.post(credit(invoice), {line: "1"})
    too_much = rep.post(credit(invoice), {"reason": "Broken", line: "4"})
    assert [page.status_code for page in (nothing, unexplained, too_much)] == [422, 422, 422]
    assert "Enter a quantity for at least one line" in nothing.content.decode()
    assert unexplained.context["form"].errors["reason"]
    assert "4 cannot be credited, only 3 are left" in str(too_much.context["form"].errors[line])
    assert not invoice.credit_notes.exists()


def test_a_free_invoice_is_credited_without_asking_to_bill_it_again(
    rep: Client, market: Market
) -> None:
    draft = draft_invoice(actor=market.rep, account=market.account, name="Repair")
    add_line(draft, actor=market.rep, product=market.product("10.00"))
    free = issue_invoice(draft.pk, actor=market.rep)
    assert "bill_again" not in rep.get(credit(free)).context["form"].fields
    rep.post(credit(free), {"reason": "Wrong customer", str(free.lines.get().pk): "1"})
    assert free.credit_notes.get().total == Decimal("12.00")


def test_lists_credit_notes_and_takes_them_off_the_sum(
    rep: Client, market: Market, invoice: Invoice
) -> None:
    line = invoice.lines.get()
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken", quantities={line.pk: Decimal(1)})
    both = rep.get(reverse("sales:invoice-list"))
    notes = rep.get(reverse("sales:invoice-list"), {"kind": "credit_note"})
    assert both.context["sums"] == ["€79.99"]
    assert notes.context["sums"] == ["−€40.00"]
    assert len(notes.context["rows"]) == 1


def test_is_refused_to_other_teams_and_auditors(
    client: Client, order: Order, invoice: Invoice
) -> None:
    line = invoice.lines.get()
    for who, status in ((UserFactory.create(), 404), (UserFactory.create(role=roles.AUDITOR), 403)):
        client.force_login(who)
        assert client.get(bill(order)).status_code == status
        assert client.post(bill(order), {"what": "all"}).status_code == status
        answers = {"reason": "Broken", str(line.pk): "1"}
        assert client.post(credit(invoice), answers).status_code == status
    assert Invoice.objects.get() == invoice


def test_reads_as_often_for_many_lines_as_for_few(
    rep: Client, market: Market, invoice: Invoice, django_assert_max_num_queries: Any
) -> None:
    product = market.product("3.00")
    draft = draft_order(actor=market.rep, account=market.account, name="Long")
    for _ in range(12):
        add_line(draft, actor=market.rep, product=product)
    long = submit_order(draft.pk, actor=market.rep)
    billed = invoice_order(long.pk, actor=market.rep, what="all")
    long_invoice = issue_invoice(billed.pk, actor=market.rep)
    with django_assert_max_num_queries(60) as few:
        rep.get(credit(invoice))
    with django_assert_max_num_queries(len(few)):
        rep.get(credit(long_invoice))


def test_lists_overdue_invoices_and_adds_them_up(market: Market, invoice: Invoice) -> None:
    draft = draft_invoice(actor=market.rep, account=market.account, name="Repair")
    add_line(draft, actor=market.rep, product=market.product("10.00"))
    assert invoice.due_on is not None
    client = Client()

    with time_machine.travel(invoice.due_on + dt.timedelta(days=2)):
        issue_invoice(draft.pk, actor=market.rep)
        client.force_login(market.rep)
        late = client.get(reverse("sales:invoice-list"), {"status": "overdue", "text": "BRASS"})

    assert [row.placed[0][0] for row in late.context["rows"]] == [invoice]
    assert late.context["sums"] == ["€119.99"]
    assert late.context["counted"] == "1 record"


def test_leads_from_an_invoice_to_the_draft_down_payment_it_deducts(
    rep: Client, market: Market, order: Order
) -> None:
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(1))
    final = invoice_order(order.pk, actor=market.rep, what="all")

    answer = rep.post(reverse("sales:invoice-issue", args=[final.pk]))

    shown = reason_shown(rep, answer, final)
    assert "Issue the draft down payment of €119.99 first" in shown
    assert f'<a href="{record_url(ahead)}">Draft of €119.99</a>' in shown
    final.refresh_from_db()
    assert final.number is None


def test_says_what_is_open_of_a_draft_whose_goods_came_back(
    rep: Client, market: Market, order: Order
) -> None:
    line, whole = order.lines.get(), invoice_order(order.pk, actor=market.rep, what="all")
    back = Progress(Decimal(3), returned=Decimal(1))
    record_progress(order, {line.pk: back}, actor=market.rep)

    answer = rep.post(reverse("sales:invoice-issue", args=[whole.pk]))

    shown = reason_shown(rep, answer, whole)
    assert "3 for €119.99, of which 2 for €79.99 are open" in shown
    whole.refresh_from_db()
    assert whole.is_draft
