"""Command `verify`: names each derived figure that differs from its source."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from io import StringIO
from itertools import permutations

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from common.identifiers import uuid7
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order, PromotionCode, Quote
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import close_rest
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line, remove_line
from sales.services.errors import FiguresDiffer
from sales.services.integrity import verification
from sales.services.integrity.history_checks import compared_columns
from sales.services.integrity.verification import Mismatch, verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from sales.services.quotes import accept_quote, activate_quote
from tests.database_assertions import HISTORY, found_in_documents, sql, tamper
from tests.factories import Market


@pytest.fixture
def year(market: Market) -> int:
    return market.company.today().year


@pytest.fixture
def traded(market: Market) -> Order:
    """One quote still open, one order partly shipped, billed and paid."""
    quotes = [
        draft_quote(actor=market.rep, account=market.account, name="Bar refit") for _ in range(2)
    ]
    for quote in quotes:
        add_line(quote, actor=market.rep, product=market.product("19.99"), quantity=Decimal(3))
        activate_quote(quote.pk, actor=market.rep)
    order = accept_quote(quotes[0].pk, actor=market.rep)
    order = submit_order(order.pk, actor=market.rep)
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(2)})
    invoice = issue_invoice(invoice_order(order.pk, actor=market.rep).pk, actor=market.rep)
    today = market.company.today()
    record_payment(invoice.pk, actor=market.rep, amount=Decimal(10), received_on=today)
    return order


def test_finds_nothing_where_all_is_true(traded: Order) -> None:
    assert {name: found for name, found in verify().items() if found} == {}
    out = StringIO()
    call_command("verify", stdout=out)
    assert out.getvalue().startswith("No differences; ")
    assert "over 2 quotes, 1 orders, 1 invoices" in out.getvalue()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE sales_order SET detail = detail + 1, total = total + 1",
            [
                "O-{year}-00001: detail is 60.97000, should be 59.97000.",
                "O-{year}-00001: total is 72.96000, should be 71.96000.",
                "O-{year}-00001: detail is 60.97000, should be 59.97000.",
                "O-{year}-00001: total is 72.96000, should be 71.96000.",
            ],
        ),
        (
            "UPDATE sales_orderline SET shipped_quantity = 1",
            ["O-{year}-00001, line 1: shipped quantity is 1.00000, should be 2.00000."],
        ),
        (
            "UPDATE sales_orderline SET invoiced_quantity = 1",
            ["O-{year}-00001, line 1: invoiced quantity is 1.00000, should be 2.00000."],
        ),
        (
            "UPDATE sales_order SET fulfilment_status = 'shipped'",
            ["O-{year}-00001: fulfilment status is shipped, should be partly_shipped."],
        ),
        (
            "UPDATE sales_order SET billing_status = 'invoiced', status = 'completed'",
            [
                "O-{year}-00001: billing status is invoiced, should be partly.",
                "O-{year}-00001: status is completed, should be submitted.",
                "O-{year}-00001: invoiced net at 20% is 39.98, should be 59.97.",
                "O-{year}-00001: invoiced tax at 20% is 7.99, should be 11.99.",
            ],
        ),
        (
            "UPDATE sales_invoice SET paid = 12",
            ["INV-{year}-00001: paid is 12.00000, should be 10.00000."],
        ),
        (
            "UPDATE sales_payment SET kind = 'from_credit'",
            ["INV-{year}-00001: customer credit is missing, should be -10.00000."],
        ),
        (
            "UPDATE sales_invoice SET status = 'paid'",
            ["INV-{year}-00001: status is paid, should be partly_paid."],
        ),
        (
            "UPDATE sales_numberseries SET last = 3 WHERE kind = 'Q'",
            ["Q-{year}-00003: number is missing, should be on a document."],
        ),
        (
            "UPDATE sales_numberseries SET last = 1 WHERE kind = 'Q'",
            ["Q-{year}-2: number is on a document, should be given out by its series."],
        ),
        (
            "DELETE FROM sales_salesevent WHERE type = 'invoice.paid'",
            ["INV-{year}-00001: events is 2, should be 3."],
        ),
        (
            "UPDATE sales_invoice SET currency = 'USD'",
            ["INV-{year}-00001: currency is USD, should be EUR."],
        ),
    ],
)
def test_names_each_mismatch(traded: Order, year: int, statement: str, expected: list[str]) -> None:
    tamper(statement)
    assert found_in_documents() == [line.format(year=year) for line in expected]


def test_lists_mismatches_by_record_and_figure_whatever_a_check_gives(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = [
        Mismatch(record, figure, 1, 2)
        for record in ("O-1", "O-2")
        for figure in ("invoiced net", "invoiced tax")
    ]
    for given in permutations(ordered):
        monkeypatch.setattr(verification, "_checks", {"given": partial(iter, given)})
        assert verify() == {"given": ordered}


def test_names_an_offer_that_was_tampered_with(traded: Order, year: int) -> None:
    tamper("UPDATE sales_quoteline SET description = 'Grinder'")
    assert [line.partition(" is ")[0] for line in found_in_documents()] == [
        f"Q-{year}-00001 r1: content",
        f"Q-{year}-00002 r1: content",
        f"O-{year}-00001, line 1: description",
    ]
    assert Quote.objects.filter(status="active").count() == 1


def test_names_cents_that_an_order_never_agreed_to(
    traded: Order, market: Market, year: int
) -> None:
    line = traded.lines.get()
    record_shipment(traded.pk, actor=market.rep, lines={line.pk: Decimal(1)})
    last = issue_invoice(invoice_order(traded.pk, actor=market.rep).pk, actor=market.rep)
    assert found_in_documents() == []

    tamper(
        "UPDATE sales_invoiceline SET base = base + 1, net = net + 1, gross = gross + 1 "
        f"WHERE invoice_id = '{last.pk}'; UPDATE sales_invoice SET detail = detail + 1, "
        f"total = total + 1 WHERE id = '{last.pk}'"
    )

    assert found_in_documents() == [
        f"O-{year}-00001, line 1: billed net is 60.97000, should be 59.97000.",
        f"O-{year}-00001, line 1: billed taxable is 60.97000, should be 59.97000.",
        f"INV-{year}-00002, line 1: base is 20.99, should be 19.99.",
        f"INV-{year}-00002, line 1: tax is 4, should be 4.198.",
        f"O-{year}-00001: invoiced net at 20% is 60.97, should be 59.97.",
    ]


def test_names_a_draft_that_was_raised_by_hand(market: Market, year: int) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"), quantity=Decimal(10))
    order = submit_order(order.pk, actor=market.rep)
    four = {order.lines.get().pk: Decimal(4)}
    draft = invoice_order(order.pk, actor=market.rep, what="lines", quantities=four)

    by_hand = (
        "UPDATE sales_invoiceline SET base = base {0}, net = net {0}, gross = gross {0}; "
        "UPDATE sales_invoice SET detail = detail {0}, total = total {0}"
    )
    sql(by_hand.format("+ 50"))
    drafted = found_in_documents()
    with pytest.raises(FiguresDiffer, match=r"total €530\.00 instead of €480\.00"):
        issue_invoice(draft.pk, actor=market.rep)
    sql(by_hand.format("- 50"))
    issue_invoice(draft.pk, actor=market.rep)
    tamper(by_hand.format("+ 50"))

    raised = ["line 1: base is 450, should be 400.", "line 1: tax is 80, should be 90."]
    assert drafted == [f"draft {draft.pk}, {each}" for each in raised]
    assert found_in_documents() == [f"INV-{year}-00001, {each}" for each in raised]


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("half_even", []),
        (
            "half_up",
            ["line 1: base is 0.12, should be 0.13.", "line 2: base is 0.22, should be 0.23."],
        ),
    ],
)
def test_rounds_by_the_rule_of_the_document(
    market: Market, rounding: str, expected: list[str]
) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Cups", rounding="half_even")
    for price in ("0.125", "0.225", "0.235"):
        add_line(quote, actor=market.rep, product=market.product(price))
    assert [line.base for line in quote.lines.order_by("position")] == [
        Decimal("0.12"),
        Decimal("0.22"),
        Decimal("0.24"),
    ]

    Quote.objects.update(rounding=rounding)

    assert found_in_documents() == [f"draft {quote.pk}, {each}" for each in expected]


def test_takes_credits_for_good_and_closed_orders_as_they_are(market: Market) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"), quantity=Decimal(10))
    closed = submit_order(order.pk, actor=market.rep)
    order = draft_order(actor=market.rep, account=market.account, name="Terrace")
    add_line(order, actor=market.rep, product=market.product("50.00"))
    billed = submit_order(order.pk, actor=market.rep)
    for each in (closed, billed):
        ahead = invoice_down_payment(each.pk, actor=market.rep, rate=Decimal("0.1"))
        issue_invoice(ahead.pk, actor=market.rep)
        credit_invoice(ahead.pk, actor=market.rep, reason="Not needed", bill_again=False)

    record_shipment(closed.pk, actor=market.rep, lines={closed.lines.get().pk: Decimal(4)})
    close_rest(closed.pk, actor=market.rep, reason="Changed plans")
    record_shipment(billed.pk, actor=market.rep, lines={billed.lines.get().pk: Decimal(1)})
    issue_invoice(invoice_order(billed.pk, actor=market.rep).pk, actor=market.rep)

    statuses = Order.objects.order_by("id").values_list("status", flat=True)
    assert list(statuses) == ["submitted", "completed"]
    assert {name: found for name, found in verify().items() if found} == {}


def test_names_an_order_whose_ledger_is_closed(traded: Order, market: Market, year: int) -> None:
    ahead = invoice_down_payment(traded.pk, actor=market.rep, rate=Decimal("0.1"))
    issue_invoice(ahead.pk, actor=market.rep)
    record_shipment(traded.pk, actor=market.rep, lines={traded.lines.get().pk: Decimal(1)})
    issue_invoice(invoice_order(traded.pk, actor=market.rep).pk, actor=market.rep)
    assert found_in_documents() == []

    tamper("UPDATE sales_order SET status = 'submitted', closed_at = NULL")

    assert (
        found_in_documents() == [f"O-{year}-00001: status is submitted, should be completed."] * 2
    )


def test_names_a_promotion_code_that_was_counted_wrongly(market: Market) -> None:
    PromotionCode.objects.create(code="SPRING", name="S", discount_rate=Decimal("0.1"), uses=1)
    assert found_in_documents() == ["Promotion code SPRING: uses is 1, should be 0."]


def test_prints_each_mismatch_and_fails(traded: Order, year: int) -> None:
    tamper("UPDATE sales_invoice SET paid = 12")
    out = StringIO()
    with pytest.raises(CommandError, match=r"2 differences; \d+ checks") as failure:
        call_command("verify", stdout=out)
    assert failure.value.returncode == 1
    assert out.getvalue() == (
        f"INV-{year}-00001: paid is 12.00000, should be 10.00000. "
        "[invoices are settled by payments and credits]\n"
        f"INV-{year}-00001: paid is 12.00000, should be 10.00000. [{HISTORY}]\n"
    )
    assert Invoice.objects.get().total == Decimal("47.97")


class TestHistory:
    def found(self) -> list[str]:
        """Name what rows have that their history does not."""
        return [str(each) for each in verify()[HISTORY]]

    def test_names_each_changed_value_of_any_table(self, traded: Order, year: int) -> None:
        shipment = traded.shipments.get()
        account = traded.account
        tamper(
            "UPDATE sales_order SET notes = 'Half price', origin = 'erp'; "
            "UPDATE sales_orderline SET unit_cost = 5; "
            "UPDATE fulfilment_shipment SET carrier = 'DHL'; "
            f"UPDATE crm_account SET name = 'Else' WHERE id = '{account.pk}'"
        )
        assert sorted(self.found()) == sorted(
            [
                f"account {account.pk}: name is Else, should be {account.name}.",
                f"O-{year}-00001, line 1: unit cost is 5.00000, should be empty.",
                f"O-{year}-00001: notes is Half price, should be .",
                f"O-{year}-00001: origin is erp, should be .",
                f"shipment {shipment.pk}: carrier is DHL, should be .",
            ]
        )

    def test_names_a_row_that_was_deleted(self, traded: Order) -> None:
        payment = Invoice.objects.get().payments.get()
        tamper(f"DELETE FROM sales_payment WHERE id = '{payment.pk}'")
        assert self.found() == [f"payment {payment.pk}: row is missing, should be present."]

    def test_names_a_row_that_was_added(self, traded: Order) -> None:
        payment = Invoice.objects.get().payments.get()
        copy, columns = (
            uuid7(),
            "kind, invoice_id, amount, received_on, method, reason, source, recorded_at",
        )
        tamper(
            f"INSERT INTO sales_payment (id, reference, {columns}) "
            f"SELECT '{copy}', 'R2', {columns} FROM sales_payment WHERE id = '{payment.pk}'"
        )
        assert self.found() == [f"payment {copy}: row is present, should be absent."]

    def test_names_a_row_that_came_back(self, traded: Order, market: Market) -> None:
        draft = draft_quote(actor=market.rep, account=market.account, name="Second bar")
        line = add_line(draft, actor=market.rep, product=market.product("5.00"))
        sql("CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM sales_quoteline")
        remove_line(line, actor=market.rep)
        tamper(f"INSERT INTO sales_quoteline SELECT * FROM kept WHERE id = '{line.pk}'")
        assert self.found() == [f"draft {draft.pk}, line 1: row is present, should be deleted."]

    def test_compares_all_columns_but_secrets_and_what_moves_without_a_person(self) -> None:
        tracked = [model for model in apps.get_models() if hasattr(model, "pgh_event_model")]
        left_out = {
            f"{model._meta.label}.{field.column}"
            for model in tracked
            for field in model._meta.concrete_fields
            if field.column not in compared_columns(model)
        }
        assert left_out == {
            "api.Client.client_secret",
            "api.Client.older_secret",
            "api.Client.last_used_at",  # moves with each token
            "api.Client.updated",
            "crm.User.password",
            "crm.User.last_login",  # moves with each sign-in
            "fulfilment.Secret.ciphertext",
            "sales.SalesEvent.xid",  # of the database cluster, set again after a restore
        }
