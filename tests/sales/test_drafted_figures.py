"""Drafted figures: an invoice that SQL changed or made up is not issued."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import models

from sales.models import DocumentLine, Invoice, InvoiceLine, Order, SalesEvent
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.billing.invoice_parts import head_of, part_line
from sales.services.billing.ledgers import amounts_of
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import change_head, draft_order
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.errors import FiguresDiffer
from sales.services.events import record_event
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from tests.database_assertions import sql, tamper
from tests.factories import Market
from tests.sales.order_steps import trade_in
from tests.sales.tampering import Cell, Outcome, cells

FIGURES = {
    *("quantity", "unit_price", "price_quantity", "volume_discount", "discount_amount"),
    *("discount_rate", "promotion_discount", "tax_rate", "unit_cost", "base", "discount", "net"),
    *("header_discount", "tax", "gross", "detail", "freight", "total", "share_rate"),
}
"""Columns of an invoice and of its lines that say what is asked for."""


@pytest.fixture
def order(market: Market) -> Order:
    """Ten machines and a trade-in, with freight, discounts, and a fifth of it asked ahead."""
    order = draft_order(
        actor=market.rep, account=market.account, name="Bar refit", freight=Decimal(50)
    )
    machine = market.product("100.00", name="Espresso machine", standard_cost=Decimal(60))
    add_line(
        order,
        actor=market.rep,
        product=machine,
        quantity=Decimal(10),
        discount_rate=Decimal("0.1"),
    )
    trade_in(order, market, "90.00")
    change_head(order, actor=market.rep, discount_rate=Decimal("0.05"))
    order = submit_order(order.pk, actor=market.rep)
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.2"))
    issue_invoice(ahead.pk, actor=market.rep)
    return order


@pytest.fixture
def draft(order: Order, market: Market) -> Invoice:
    return invoice(order, market, "4")


def invoice(order: Order, market: Market, quantity: str) -> Invoice:
    sold = order.lines.get(kind=DocumentLine.Kind.PRODUCT)
    quantities = {sold.pk: Decimal(quantity)}
    return invoice_order(order.pk, actor=market.rep, what="lines", quantities=quantities)


def line(draft: Invoice, position: int, changes: str) -> str:
    """Change columns of a line."""
    return change(
        "sales_invoiceline", changes, f"invoice_id = '{draft.pk}' AND position = {position}"
    )


def head(draft: Invoice, changes: str) -> str:
    """Change columns of the head."""
    return change("sales_invoice", changes, f"id = '{draft.pk}'")


def change(table: str, changes: str, rows: str) -> str:
    return f"UPDATE {table} SET {changes} WHERE {rows};"  # noqa: S608  # the statements above


def raised(draft: Invoice, position: int, net: str) -> str:
    """Raise a line, and all that it is summed to, so that everything still adds up."""
    return line(
        draft,
        position,
        f"base = base + {net}, net = net + {net}, gross = gross + {net}, "
        f"unit_price = unit_price + {net} / quantity",
    ) + head(draft, f"detail = detail + {net}, total = total + {net}")


def is_refused(draft: Invoice, market: Market) -> bool:
    try:
        issue_invoice(draft.pk, actor=market.rep)
    except FiguresDiffer:
        return True
    return False


PLANTED: dict[str, tuple[Callable[[Invoice], str], str]] = {
    "a cent on a net": (
        lambda draft: raised(draft, 1, "0.01"),
        "machine, net €360.01 instead of €360.00",
    ),
    "a unit more": (
        lambda draft: line(draft, 1, "quantity = 5"),
        "machine, quantity 5 instead of 4",
    ),
    "a price": (
        lambda draft: line(draft, 1, "unit_price = 110"),
        "machine, unit price €110.00 instead of €100.00",
    ),
    "the units that a price is for": (
        lambda draft: line(draft, 1, "price_quantity = 100"),
        "machine, price quantity 100 instead of 1",
    ),
    "a discount": (
        lambda draft: line(draft, 1, "base = base + 5, discount = discount + 5"),
        "machine, discount €45.00 instead of €40.00",
    ),
    "a discount of everything": (
        lambda draft: (
            line(draft, 1, "header_discount = header_discount + 2")
            + head(draft, "discount = discount + 2, total = total - 2")
        ),
        "machine, header discount €20.00 instead of €18.00",
    ),
    "a tax": (
        lambda draft: (
            line(draft, 1, "tax = tax + 1, gross = gross + 1")
            + head(draft, "tax = tax + 1, total = total + 1")
        ),
        "tax €49.96 instead of €48.96",
    ),
    "a tax rate": (
        lambda draft: line(draft, 1, "tax_rate = 0.19"),
        "machine, tax rate 19% instead of 20%",
    ),
    "what a trade-in takes off": (
        lambda draft: raised(draft, 2, "6"),
        "Old machine taken back, net −€30.00 instead of −€36.00",
    ),
    "what is deducted of a down payment": (
        lambda draft: raised(draft, 3, "10"),
        "Down payment deducted, net ",
    ),
    "what is deducted of a down payment on freight": (
        lambda draft: raised(draft, 4, "1"),
        "Down payment on freight deducted, net ",
    ),
    "freight": (
        lambda draft: head(draft, "freight = freight + 7, total = total + 7"),
        "freight €27.00 instead of €20.00",
    ),
    "a discount typed once more": (
        lambda draft: head(draft, "discount_rate = 0.1"),
        "discount rate 10% instead of 0%",
    ),
    "a share": (
        lambda draft: head(draft, "share_rate = 0.4"),
        "share rate 40% instead of –",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_changed_draft_is_not_issued(market: Market, draft: Invoice, name: str) -> None:
    statement, sentence = PLANTED[name]
    tamper(statement(draft))

    with pytest.raises(FiguresDiffer) as refusal:
        issue_invoice(draft.pk, actor=market.rep)

    reason = str(refusal.value)
    assert sentence in reason
    assert reason.endswith("Delete the draft, and invoice the order anew.")
    draft.refresh_from_db()
    assert (draft.status, draft.number) == ("draft", None)


def test_no_single_figure_of_a_draft_is_changed_unseen(
    market: Market, order: Order, draft: Invoice
) -> None:
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.1"))

    def look(_: type[models.Model]) -> bool:
        return any(is_refused(each, market) for each in (draft, ahead))

    def outcome(cell: Cell) -> Outcome:
        return cell.tamper(look)

    ours = [
        cell
        for cell in cells(Invoice, InvoiceLine)
        if cell.field.name in FIGURES
        and {getattr(cell.row, "invoice_id", None), cell.row.pk} & {draft.pk, ahead.pk}
    ]
    unseen = [cell.place for cell in ours if outcome(cell) == "unseen"]

    assert len(ours) > 100
    assert unseen == []
    assert not is_refused(draft, market)


def test_a_raised_down_payment_is_not_issued(market: Market, order: Order) -> None:
    ahead = invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("100.00"))
    tamper(
        line(ahead, 1, "base = base + 100, net = net + 100, gross = gross + 100, unit_price = 200")
        + head(ahead, "detail = detail + 100, total = total + 100")
    )

    with pytest.raises(FiguresDiffer, match="instead of"):
        issue_invoice(ahead.pk, actor=market.rep)


def test_a_draft_that_was_changed_with_the_triggers_on_is_not_issued(
    market: Market, draft: Invoice
) -> None:
    sql(raised(draft, 1, "0.01"))

    assert is_refused(draft, market)


def test_a_draft_that_no_service_made_is_not_issued(market: Market, order: Order) -> None:
    sold = order.lines.get(kind=DocumentLine.Kind.PRODUCT)
    draft = head_of(order, "lines")
    part = part_line(draft, sold, Decimal(4), amounts_of(sold), order_line=sold)
    draft.detail, draft.discount, draft.tax = part.net, part.header_discount, part.tax
    draft.total = part.gross - part.header_discount + draft.freight
    draft.save(force_insert=True)
    part.save(force_insert=True)
    record_event(SalesEvent.Type.INVOICE_DRAFTED, draft, actor=market.rep, is_first=True)
    sql("UPDATE sales_orderline SET drafted_quantity = 4 WHERE id = %s", sold.pk)

    with pytest.raises(FiguresDiffer, match=r"net €900\.00 instead of €360\.00"):
        issue_invoice(draft.pk, actor=market.rep)


def another_draft(order: Order, market: Market) -> None:
    invoice(order, market, "3")


def credited(order: Order, market: Market) -> None:
    first = issue_invoice(invoice(order, market, "2").pk, actor=market.rep)
    credit_invoice(first.pk, actor=market.rep, reason="Broken", bill_again=False)


def dearer(order: Order, market: Market) -> None:
    sold = order.lines.get(kind=DocumentLine.Kind.PRODUCT)
    changes = Changes(lines={sold.pk: {"unit_price": Decimal(120)}})
    change_order(order.pk, changes, actor=market.rep)


def returned(order: Order, market: Market) -> None:
    sold = order.lines.get(kind=DocumentLine.Kind.PRODUCT)
    progress = Progress(Decimal(5), returned=Decimal(3))
    record_progress(order, {sold.pk: progress}, actor=market.rep)


def deleted_draft(order: Order, market: Market) -> None:
    first = order.invoices.filter(what="lines").earliest("id")
    delete_draft_invoice(first.pk, actor=market.rep)


def asked_ahead(order: Order, market: Market) -> None:
    ahead = invoice_down_payment(order.pk, actor=market.rep, rate=Decimal("0.1"))
    issue_invoice(ahead.pk, actor=market.rep)


MOVED = (another_draft, credited, dearer, returned, deleted_draft, asked_ahead)


@pytest.mark.parametrize("move", MOVED)
def test_a_draft_is_issued_as_it_was_made_whatever_became_of_the_order_since(
    market: Market, order: Order, move: Callable[[Order, Market], None]
) -> None:
    invoice(order, market, "1")
    draft = invoice(order, market, "3")
    move(order, market)

    assert issue_invoice(draft.pk, actor=market.rep).total == draft.total


@pytest.mark.parametrize("move", MOVED)
def test_a_draft_that_was_changed_is_not_issued_either_once_the_order_has_moved(
    market: Market, order: Order, move: Callable[[Order, Market], None]
) -> None:
    invoice(order, market, "1")
    draft = invoice(order, market, "3")
    move(order, market)
    tamper(head(draft, "freight = freight + 1, total = total + 1"))

    assert is_refused(draft, market)
