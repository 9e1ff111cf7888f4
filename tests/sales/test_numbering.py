"""Numbers of documents: a series per company, kind and year, without gaps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from django.db import transaction

from sales.models import AnyDocument, Company, Invoice, NumberSeries, Order, Quote
from sales.services.documents.numbering import assign_number
from sales.services.integrity.verification import verify
from sales.services.orders import submit_order
from tests.concurrency import run_concurrently
from tests.factories import CompanyFactory, Market
from tests.sales.order_steps import drafted


def numbered(*documents: AnyDocument) -> list[str]:
    with transaction.atomic():
        return [assign_number(document) for document in documents]


def test_counts_each_kind_by_itself_and_starts_again_every_year(market: Market) -> None:
    company = market.company
    order, quote = Order(company=company), Quote(company=company)
    invoice = Invoice(company=company)
    credit_note = Invoice(company=company, kind=Invoice.Kind.CREDIT_NOTE)

    with time_machine.travel(dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)):
        first = numbered(order, quote, invoice, credit_note, order, invoice)
    with time_machine.travel(dt.datetime(2027, 1, 2, 12, tzinfo=dt.UTC)):
        next_year = numbered(order, invoice)

    assert first == [
        "O-2026-00001",
        "Q-2026-00001",
        "INV-2026-00001",
        "CN-2026-00001",
        "O-2026-00002",
        "INV-2026-00002",
    ]
    assert next_year == ["O-2027-00001", "INV-2027-00001"]


@pytest.mark.django_db(transaction=True)
def test_gives_no_number_outside_of_a_transaction() -> None:
    order = Order(company=CompanyFactory.create())

    with pytest.raises(RuntimeError, match="inside transaction"):
        assign_number(order)

    assert not NumberSeries.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_under_eight_threads_that_now_and_then_fail() -> None:
    market = Market()
    orders = [drafted(market, "3") for _ in range(16)]
    kept: list[str] = []

    def submit(mine: list[Order]) -> Callable[[], None]:
        def work() -> None:
            for order in mine:
                with transaction.atomic():
                    submit_order(order.pk, actor=market.rep)
                    transaction.set_rollback(True)
                number = submit_order(order.pk, actor=market.rep).number
                kept.append(number or "")

        return work

    run_concurrently(*[submit(orders[place::8]) for place in range(8)])

    year = market.company.today().year
    assert sorted(kept) == [f"O-{year}-{place:05d}" for place in range(1, 17)]
    assert not any(verify().values())


@pytest.mark.django_db(transaction=True)
def test_the_prefixes_of_two_companies_do_not_meet() -> None:
    market = Market()
    dutch = CompanyFactory.create(number_prefix="NL-")
    given: list[str] = []

    def number(company: Company) -> Callable[[], None]:
        def work() -> None:
            for _ in range(5):
                with transaction.atomic():
                    given.append(assign_number(Order(company=company)))

        return work

    run_concurrently(*[number(company) for company in (market.company, dutch)] * 2)

    year = market.company.today().year
    assert sorted(given) == [
        f"{prefix}O-{year}-{place:05d}" for prefix in ("NL-", "") for place in range(1, 11)
    ]
