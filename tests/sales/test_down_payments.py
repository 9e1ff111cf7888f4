"""Down payments: invoiced ahead of the goods, and deducted from later invoices."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from itertools import permutations

import pytest

from common.errors import DomainError, MissingField
from common.formatting import decimals_rule
from crm.models import Activity
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order
from sales.pricing.errors import AmountExceedsOpen, ConflictingFields, InvalidAmount
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.credit_notes import credit_invoice
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.errors import (
    DownPaymentDeducted,
    DownPaymentNotIssued,
    NothingToInvoice,
)
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.order_progress import Progress, record_progress
from tests.database_assertions import found_in_documents, tamper
from tests.factories import Market
from tests.sales.order_steps import billed, placed, ship, submitted
from tests.sales.payment_steps import refused_for
from tests.sales.random_trading import violations

STEPS = ("issue ahead", "issue final", "delete ahead", "delete final")


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "2", price="100.00")


def test_deducts_a_down_payment_from_the_invoices_that_follow(market: Market) -> None:
    order = placed(market, quantity="10", freight="12.00")
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.3"))
    ahead = issue_invoice(ahead.pk, actor=market.rep)
    line = order.lines.get()
    totals = [ahead.total]
    for shipped in ("3", "7", "10"):
        record_progress(order, {line.pk: Progress(Decimal(shipped))}, actor=market.rep)
        totals.append(billed(order, market).total)
    order.refresh_from_db()
    assert ahead.total == Decimal("115.19")  # 30 % of 383.97, freight included
    assert sum(totals) == order.total
    assert order.status == Order.Status.COMPLETED


@pytest.mark.parametrize(
    ("asked", "refusal", "sentence"),
    [
        ({}, MissingField, "Give an amount or a percentage for the down payment."),
        (
            {"amount": "10", "rate": "0.1"},
            ConflictingFields,
            "Give an amount or a percentage for the down payment, not both.",
        ),
        (
            {"amount": "240.01"},
            AmountExceedsOpen,
            "Only €240.00 can still be asked for: give that amount at most.",
        ),
        ({"amount": "0.00"}, InvalidAmount, "Give an amount above zero."),
        ({"amount": "-0.01"}, InvalidAmount, "An amount cannot be negative: enter 0 or more."),
        ({"amount": "10.001"}, InvalidAmount, decimals_rule("EUR")),
        (
            {"amount": "NaN"},
            InvalidAmount,
            "Give a number of at most 15 digits before the decimal sign.",
        ),
    ],
)
def test_refuses_an_amount_that_the_order_does_not_allow(
    order: Order,
    market: Market,
    asked: dict[str, str],
    refusal: type[DomainError],
    sentence: str,
) -> None:
    figures = {name: Decimal(figure) for name, figure in asked.items()}
    with refused_for(refusal, sentence, field="amount"):
        invoice_down_payment(
            order.pk, actor=market.rep, amount=figures.get("amount"), rate=figures.get("rate")
        )
    assert not order.invoices.exists()


def test_refuses_a_down_payment_once_nothing_is_left_to_ask_for(
    order: Order, market: Market
) -> None:
    sentence = "Nothing is left to ask for: all of it is billed or asked for ahead."
    invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(1))
    with refused_for(AmountExceedsOpen, sentence, field="amount"):
        invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("0.01"))
    with refused_for(AmountExceedsOpen, sentence, field="amount"):
        invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.1"))
    assert order.invoices.count() == 1


def test_invoices_the_deposit_of_the_terms_when_the_order_is_submitted(market: Market) -> None:
    market.payment_terms.deposit_rate = Decimal("0.5")
    market.payment_terms.save()
    order = placed(market)
    deposit = order.invoices.get()
    assert (deposit.what, deposit.status) == ("down_payment", "issued")
    assert deposit.total == Decimal("55.80")  # half of 111.59, half up


def test_an_order_billed_when_it_is_placed_has_its_deposit_and_its_invoice(
    market: Market,
) -> None:
    market.payment_terms.deposit_rate = Decimal("0.5")
    market.payment_terms.invoice_when = "placed"
    market.payment_terms.save()

    order = placed(market)

    invoices = order.invoices.order_by("id").values_list("what", "status", "total")
    assert list(invoices) == [
        ("down_payment", "issued", Decimal("55.80")),
        ("all", "issued", Decimal("55.79")),
    ]


def test_does_not_delete_a_down_payment_that_is_deducted_already(
    advance: Invoice, final: Invoice, market: Market
) -> None:
    assert (advance.total, final.total) == (Decimal("72.00"), Decimal("168.00"))
    with pytest.raises(DownPaymentDeducted, match="is deducted on a later invoice already"):
        delete_draft_invoice(advance.pk, actor=market.rep)
    assert Invoice.objects.count() == 2

    delete_draft_invoice(final.pk, actor=market.rep)
    delete_draft_invoice(advance.pk, actor=market.rep)
    assert not Invoice.objects.exists()


def test_does_not_credit_a_down_payment_that_is_deducted_already(
    advance: Invoice, final: Invoice, market: Market
) -> None:
    advance = issue_invoice(advance.pk, actor=market.rep)
    final = issue_invoice(final.pk, actor=market.rep)
    with pytest.raises(DownPaymentDeducted, match="is deducted on a later invoice already"):
        credit_invoice(advance.pk, actor=market.rep, reason="Cancelled")
    assert not Invoice.objects.filter(kind="credit_note").exists()

    back = [
        credit_invoice(invoice.pk, actor=market.rep, reason="Cancelled").total
        for invoice in (final, advance)
    ]
    assert back == [Decimal("168.00"), Decimal("72.00")]


@pytest.mark.parametrize(
    ("first", "second", "left"), [("0.7", "0.4", "30%"), ("0.6667", "0.3334", "33.33%")]
)
def test_refuses_a_percentage_above_what_is_left(
    market: Market, first: str, second: str, left: str
) -> None:
    order = placed(market, quantity="1000", price="100.00")
    invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(first))

    sentence = f"Only {left} can still be asked for: give that at most."
    with refused_for(AmountExceedsOpen, sentence, field="rate"):
        invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(second))

    assert order.invoices.count() == 1
    rest = Decimal(left.removesuffix("%")) / 100
    invoice_down_payment(order.pk, actor=market.rep, rate=rest)
    asked = sum(order.invoices.values_list("total", flat=True))
    assert asked == order.total


def test_refuses_a_percentage_of_what_is_billed(market: Market) -> None:
    order = placed(market, quantity="10", price="100.00")
    billed(order, market, what="percentage", rate=Decimal("0.75"))

    sentence = "Only 25% can still be asked for: give that at most."
    with refused_for(AmountExceedsOpen, sentence, field="rate"):
        invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))

    last = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.25"))
    assert (last.total, last.share_rate) == (279, Decimal("0.25"))


def test_asks_for_a_share_of_what_did_not_come_back(market: Market) -> None:
    order = placed(market, quantity="10")
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(4)})

    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))
    issue_invoice(ahead.pk, actor=market.rep)

    ahead.refresh_from_db()
    assert (order.total, ahead.total) == (Decimal("371.96"), Decimal("111.59"))
    assert not any(verify().values())
    tamper("UPDATE sales_invoice SET share_rate = 0.2 WHERE share_rate IS NOT NULL")
    assert f"{ahead}: share is 0.2, should be 0.300005." in found_in_documents()


def test_the_last_percentage_takes_the_cent_that_rounding_left(market: Market) -> None:
    order = placed(market, quantity="1", price="0.05")
    assert order.total == Decimal("0.06")
    invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("0.04"))

    last = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.5"))

    assert last.total == Decimal("0.02")


def asked_in_full(market: Market, *rates: str) -> tuple[Order, list[Invoice]]:
    """Ten at 100.00 and 20 % tax, and drafts of down payments that ask for parts of it."""
    order = submitted(market, "10", price="100.00")
    drafts = [
        invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(rate)) for rate in rates
    ]
    return order, drafts


def drafted(order: Order, market: Market) -> Invoice:
    return invoice_order(order.pk, actor=market.rep, what="all")


def stands(order: Order) -> str:
    order.refresh_from_db()
    return str(order.status)


def test_does_not_issue_what_deducts_a_draft_down_payment(market: Market) -> None:
    order, [ahead] = asked_in_full(market, "1")
    final = drafted(order, market)
    assert (ahead.total, final.total) == (Decimal("1200.00"), Decimal("0.00"))

    sentence = (
        "This invoice deducts a down payment that is not issued. Issue the draft down payment of "
        "€1,200.00 first, or delete this draft and then the down payment."
    )
    with refused_for(DownPaymentNotIssued, sentence):
        issue_invoice(final.pk, actor=market.rep)

    assert {each.number for each in order.invoices.all()} == {None}
    ship(order, market, "10")
    assert stands(order) == "submitted"

    issue_invoice(ahead.pk, actor=market.rep)
    assert stands(order) == "submitted"
    assert issue_invoice(final.pk, actor=market.rep).status == "paid"
    assert stands(order) == "completed"


def test_names_every_draft_down_payment_and_takes_one_that_covers_it(market: Market) -> None:
    order, [first, second] = asked_in_full(market, "0.25", "0.25")
    line = order.lines.get()
    half = invoice_order(order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(5)})
    assert half.total == Decimal("300.00")

    with pytest.raises(DownPaymentNotIssued, match=r"payments of €300\.00, €300\.00 first"):
        issue_invoice(half.pk, actor=market.rep)
    issue_invoice(second.pk, actor=market.rep)
    issue_invoice(half.pk, actor=market.rep)
    rest = drafted(order, market)
    with pytest.raises(DownPaymentNotIssued, match=r"draft down payment of €300\.00 first"):
        issue_invoice(rest.pk, actor=market.rep)

    issue_invoice(first.pk, actor=market.rep)
    assert issue_invoice(rest.pk, actor=market.rep).total == Decimal("300.00")


@pytest.mark.parametrize("rate", ["0.5", "1"])
@pytest.mark.parametrize("steps", permutations(STEPS), ids=" ".join)
def test_no_order_of_issuing_and_deleting_is_a_dead_end(
    market: Market, steps: tuple[str, ...], rate: str
) -> None:
    order = placed(market, quantity="10", price="100.00", freight="60.00")
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(10)})
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal(rate))
    final = drafted(order, market)

    for step in steps:
        what, which = step.split()
        draft = ahead if which == "ahead" else final
        with suppress(DomainError, Invoice.DoesNotExist):
            (issue_invoice if what == "issue" else delete_draft_invoice)(draft.pk, actor=market.rep)
        assert violations() == []

    for draft in order.invoices.filter(number=None).order_by("id"):
        issue_invoice(draft.pk, actor=market.rep)
    with suppress(NothingToInvoice):
        issue_invoice(drafted(order, market).pk, actor=market.rep)
    assert stands(order) == "completed"
    assert sum(order.invoices.values_list("total", flat=True)) == order.total
    assert found_in_documents() == []


def test_a_draft_down_payment_does_not_free_one_that_is_deducted(market: Market) -> None:
    order, [issued, draft] = asked_in_full(market, "0.5", "0.5")
    issue_invoice(issued.pk, actor=market.rep)
    line = order.lines.get()
    half = invoice_order(order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(5)})
    issue_invoice(half.pk, actor=market.rep)
    assert half.total == Decimal("0.00")

    with pytest.raises(DownPaymentDeducted, match="is deducted on a later invoice already"):
        credit_invoice(issued.pk, actor=market.rep, reason="Wrong")

    issue_invoice(draft.pk, actor=market.rep)
    note = credit_invoice(issued.pk, actor=market.rep, reason="Wrong")
    assert note.total == Decimal("600.00")
    assert found_in_documents() == []


def test_a_credited_down_payment_is_not_asked_for(market: Market) -> None:
    order, [credited, draft] = asked_in_full(market, "0.5", "0.5")
    issue_invoice(credited.pk, actor=market.rep)
    credit_invoice(credited.pk, actor=market.rep, reason="Wrong")
    final = drafted(order, market)
    assert final.total == Decimal("600.00")

    with pytest.raises(DownPaymentNotIssued, match=r"draft down payment of €600\.00 first"):
        issue_invoice(final.pk, actor=market.rep)

    delete_draft_invoice(final.pk, actor=market.rep)
    delete_draft_invoice(draft.pk, actor=market.rep)
    assert issue_invoice(drafted(order, market).pk, actor=market.rep).total == Decimal("1200.00")


@pytest.mark.parametrize("moment", ["per_shipment", "fulfilled"])
def test_terms_leave_a_draft_that_deducts_a_draft(db: None, moment: str) -> None:
    market = Market(invoice_when=moment)
    order, [ahead] = asked_in_full(market, "0.5")

    ship(order, market, "10")

    final = order.invoices.get(what="shipped" if moment == "per_shipment" else "all")
    assert (final.status, final.total) == ("draft", Decimal("600.00"))
    text = Activity.objects.get(subject_id=order.pk).display_text
    assert text == (
        "An invoice of €600.00 by the payment terms is left a draft: it deducts a down payment "
        "that is not issued. Issue the down payment first."
    )
    assert stands(order) == "submitted"

    for draft in (ahead, final):
        issue_invoice(draft.pk, actor=market.rep)
    assert stands(order) == "completed"
