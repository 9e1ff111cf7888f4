"""Order of arrival of reports about money: of two connections, and around a discount's last day."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_httpserver import HTTPServer

from fulfilment.models import Discrepancy
from sales.models import Invoice, Payment, Product
from sales.services.integrity.verification import verify
from tests.factories import Market
from tests.fulfilment.conftest import INVOICE_EVENTS, FarEnd, connect, submitted_order
from tests.fulfilment.invoice_reports import Message, corrected
from tests.fulfilment.messages import credited, paid, posted, receive_from, taken_back
from tests.fulfilment.test_message_order import EVERY, arrivals, state_of_invoice

LATER = dt.timedelta(days=60)
IN_TIME, LATE = 10, 11
Report = tuple[FarEnd, Message]


@pytest.fixture
def part(httpserver: HTTPServer, erp: FarEnd) -> FarEnd:
    """A second system that reports payments of the same invoices."""
    return connect(httpserver, "part", INVOICE_EVENTS, reports_as=["erp"])


@pytest.fixture
def bill(market: Market) -> Callable[[], Invoice]:
    """Issue one invoice over 120.00 EUR after another."""
    market.payment_terms.invoice_when = "placed"
    market.payment_terms.save()
    return lambda: Invoice.objects.get(order=submitted_order(market, "1"))


@pytest.fixture
def bill_with_discount(market: Market, bill: Callable[[], Invoice]) -> Callable[[], Invoice]:
    """The same, or 117.60 EUR within ten days."""
    market.payment_terms.early_payment_rate = Decimal("0.02")
    market.payment_terms.early_payment_days = IN_TIME
    market.payment_terms.save()
    return bill


def payment(invoice: Invoice, amount: str, name: str = "P", *, after: int = 0) -> Message:
    """A payment some days after the invoice."""
    assert invoice.issued_on
    message = paid(invoice, f"{invoice}-SI1", amount)
    day = invoice.issued_on + dt.timedelta(days=after)
    message["data"] |= {"payment_ref": name, "paid_on": day.isoformat()}
    return message


def reversal(
    invoice: Invoice, amount: str, name: str = "P", reference: str = "V", *, after: int = 0
) -> Message:
    """A reversal some days after the invoice."""
    assert invoice.issued_on
    day = (invoice.issued_on + dt.timedelta(days=after)).isoformat()
    return taken_back(invoice, amount, reference, payment_ref=name, reversed_on=day)


def credit(invoice: Invoice, quantity: str, name: str = "CR") -> Message:
    """A credit note of a part of the only unit."""
    Product.objects.update(decimals=2)
    line = {"invoice_line": str(invoice.lines.get().pk), "quantity": quantity}
    total = f"{invoice.total * Decimal(quantity):.2f}"
    return credited(invoice, f"{name}-{invoice}", total, lines=[line])


def receive_all(reported: Sequence[Report], arrival: Sequence[int]) -> None:
    """Receive the messages in this order, each a second time somewhat later."""
    for place, index in enumerate(arrival):
        receive_from(*reported[index])
        if place:
            assert receive_from(*reported[arrival[place - 1]]) == "duplicate"


def same_ends(
    bill: Callable[[], Invoice], reports: Callable[[Invoice], list[Report]], *, every: bool = False
) -> dict[str, Any]:
    """Receive reports about one invoice after another in every order; returns how all end."""
    ends: list[dict[str, Any]] = []
    count = len(reports(bill()))
    for arrival in arrivals(count, every=every):
        invoice = bill()
        reported = reports(invoice)
        with time_machine.travel(timezone.now() + LATER):
            receive_all(reported, arrival)
        ends.append(end_of(invoice))
        assert ends[-1] == ends[0], arrival
    assert not any(verify().values())
    return ends[0]


def end_of(invoice: Invoice) -> dict[str, Any]:
    """How an invoice ends, and what each connection recorded of each of its references."""
    state = state_of_invoice(invoice)
    recorded: dict[tuple[str, str], Decimal] = {}
    for entry in Payment.objects.filter(invoice=invoice, kind__in=["payment", "correction"]):
        key = (entry.source, (entry.corrects or entry).reference)
        recorded[key] = recorded.get(key, Decimal(0)) + entry.amount
    return state | {"recorded": recorded, "discount": invoice.discounted}


class TestTwoConnections:
    @pytest.mark.parametrize("every", EVERY)
    def test_may_use_the_same_references(
        self, bill: Callable[[], Invoice], erp: FarEnd, part: FarEnd, every: bool
    ) -> None:
        def reports(invoice: Invoice) -> list[Report]:
            return [
                (erp, payment(invoice, "50.00")),
                (part, payment(invoice, "40.00")),
                (part, reversal(invoice, "10.00")),
                (erp, reversal(invoice, "5.00")),
                (part, payment(invoice, "41.00")),
            ]

        end = same_ends(bill, reports, every=every)

        assert end["recorded"] == {("erp", "P"): Decimal(45), ("part", "P"): Decimal(30)}
        assert end["status"] == ("partly_paid", 75, 0, 45)
        assert [each[:5] for each in end["discrepancies"]] == [("payment", "", "P", "40", "41")]

    @pytest.mark.parametrize("every", EVERY)
    def test_are_added_up_on_their_own_also_beyond_what_is_open(
        self, bill: Callable[[], Invoice], erp: FarEnd, part: FarEnd, every: bool
    ) -> None:
        def reports(invoice: Invoice) -> list[Report]:
            return [
                (erp, payment(invoice, "70.00", after=1)),
                (part, payment(invoice, "60.00", after=2)),
                (part, payment(invoice, "30.00", "Q", after=3)),
                (erp, reversal(invoice, "10.00", after=4)),
            ]

        end = same_ends(bill, reports, every=every)

        assert end["status"] == ("paid", 150, 0, 0)
        assert end["surplus"] == (30, 0, 30)
        assert [each[:5] for each in end["discrepancies"]] == [("overpaid", "", "", "60", "90")]

    def test_reverse_only_what_they_reported_themselves(
        self, bill: Callable[[], Invoice], erp: FarEnd, part: FarEnd
    ) -> None:
        def reports(invoice: Invoice) -> list[Report]:
            return [(erp, payment(invoice, "50.00")), (part, reversal(invoice, "20.00"))]

        end = same_ends(bill, reports)

        assert end["recorded"] == {("erp", "P"): Decimal(50)}
        assert [each[:5] for each in end["discrepancies"]] == [("payment", "", "P", "0", "-20")]
        assert [reason for reason, _ in end["need a person"]] == [
            "Part has reported no payment P of number."
        ]

    def test_may_credit_under_the_same_reference(
        self, bill: Callable[[], Invoice], market: Market, erp: FarEnd, part: FarEnd
    ) -> None:
        def reports(invoice: Invoice) -> list[Report]:
            return [(erp, credit(invoice, "0.25")), (part, credit(invoice, "0.25"))]

        end = same_ends(bill, reports)

        assert end["status"] == ("issued", 0, 60, 60)
        assert end["discrepancies"] == []

    @pytest.mark.parametrize("every", EVERY)
    def test_name_an_invoice_of_record_each(
        self, bill: Callable[[], Invoice], erp: FarEnd, part: FarEnd, every: bool
    ) -> None:
        def reports(invoice: Invoice) -> list[Report]:
            return [
                (part, posted(invoice, f"{invoice}-P1", total="119.00")),
                (erp, posted(invoice, f"{invoice}-E1", total="121.00")),
                (part, posted(invoice, f"{invoice}-E1", total="118.00")),
                (erp, payment(invoice, "20.00")),
            ]

        end = same_ends(bill, reports, every=every)

        assert end["official"][0] == "number-E1"
        assert end["official"][4] == 121


class TestEarlyPayment:
    """120.00, or 117.60 by the last day."""

    @pytest.mark.parametrize(
        ("reports", "paid", "discount", "credit"),
        [
            pytest.param(
                lambda one: [
                    payment(one, "117.60"),
                    reversal(one, "1.00"),
                    payment(one, "1.00", "R"),
                ],
                "117.60", "2.40", "0", id="a reversal made good in time",
            ),
            pytest.param(
                lambda one: [
                    payment(one, "117.60"),
                    reversal(one, "1.00"),
                    payment(one, "1.00", "R", after=LATE),
                ],
                "117.60", "0", "0", id="a reversal made good late",
            ),
            pytest.param(
                lambda one: [payment(one, "117.60"), payment(one, "2.40", "R")],
                "120.00", "0", "0", id="all of it on one day",
            ),
            pytest.param(
                lambda one: [payment(one, "117.60"), payment(one, "2.40", "R", after=1)],
                "120.00", "2.40", "2.40", id="the rest on a later day in time",
            ),
            pytest.param(
                lambda one: [payment(one, "117.60", after=9), payment(one, "1.00", "R", after=30)],
                "118.60", "2.40", "1.00", id="money after the last day",
            ),
            pytest.param(
                lambda one: [
                    payment(one, "170.00"),
                    reversal(one, "60.00"),
                    payment(one, "10.00", "Q"),
                ],
                "120.00", "0", "0", id="a reversal of more than the surplus",
            ),
            pytest.param(
                lambda one: [payment(one, "117.60"), payment(one, "117.60", "R")],
                "235.20", "2.40", "117.60", id="twice on one day",
            ),
            pytest.param(
                lambda one: [
                    payment(one, "117.60", after=IN_TIME),
                    reversal(one, "117.60", after=20),
                    payment(one, "117.60", "R", after=30),
                ],
                "117.60", "0", "0", id="money that did not stay",
            ),
            pytest.param(
                lambda one: [
                    payment(one, "57.60"),
                    corrected(payment(one, "77.60")),
                    payment(one, "40.00", "R", after=IN_TIME),
                ],
                "117.60", "2.40", "0", id="a correction of the first part",
            ),
        ],
    )  # fmt: skip
    def test_is_given_by_the_days_of_the_money(
        self,
        bill_with_discount: Callable[[], Invoice],
        erp: FarEnd,
        reports: Callable[[Invoice], list[Message]],
        paid: str,
        discount: str,
        credit: str,
    ) -> None:
        end = same_ends(
            bill_with_discount, lambda invoice: [(erp, each) for each in reports(invoice)]
        )

        assert end["status"][1] == Decimal(paid)
        assert end["discount"] == Decimal(discount)
        assert end["surplus"] == (Decimal(credit), 0, Decimal(credit))

    @pytest.mark.parametrize("every", EVERY)
    @pytest.mark.parametrize("seed", range(6))
    def test_ends_the_same_for_random_money_around_the_last_day(
        self,
        bill_with_discount: Callable[[], Invoice],
        erp: FarEnd,
        part: FarEnd,
        seed: int,
        every: bool,
    ) -> None:
        def reports(invoice: Invoice) -> list[Report]:
            chance = random.Random(seed)
            reported: list[Report] = []
            for number in range(2):
                far_end = chance.choice([erp, part])
                day = chance.choice([0, 9, IN_TIME, LATE, 30])
                amount = chance.choice(["117.60", "117.60", "120.00", "60.00", "57.60", "150.00"])
                reported.append((far_end, payment(invoice, amount, f"P{number}", after=day)))
                back = chance.choice(["1.00", "2.40", "30.00", "57.60"])
                after = chance.choice([day, IN_TIME, 30])
                undone = reversal(invoice, back, f"P{number}", f"V{number}", after=after)
                reported.append((far_end, undone))
            small = chance.choice(["1.00", "2.40", "30.00"])
            reported.append((erp, payment(invoice, small, "R", after=chance.choice([9, LATE]))))
            if seed % 2:
                reported.append((erp, credit(invoice, chance.choice(["0.25", "0.5", "1"]))))
            return reported

        same_ends(bill_with_discount, reports, every=every)


class TestCredit:
    @pytest.mark.parametrize(
        ("share", "amount", "status", "surplus"),
        [
            ("1", "120.00", ("paid", 120, 120, -120), (0, 120, 0)),
            ("0.5", "120.00", ("paid", 120, 60, -60), (0, 60, 0)),
            ("1", "150.00", ("paid", 150, 120, -120), (30, 120, 30)),
            ("1", "20.00", ("paid", 20, 120, -20), (0, 20, 0)),
        ],
    )
    def test_and_payment_leave_the_same_in_either_order(
        self,
        bill: Callable[[], Invoice],
        erp: FarEnd,
        share: str,
        amount: str,
        status: tuple[Any, ...],
        surplus: tuple[int, ...],
    ) -> None:
        def reports(invoice: Invoice) -> list[Report]:
            return [
                (erp, credit(invoice, share)),
                (erp, payment(invoice, amount)),
                (erp, posted(invoice, f"{invoice}-SI1")),
            ]

        end = same_ends(bill, reports)

        assert end["status"] == status
        assert end["surplus"] == surplus
        overpaid = [("overpaid", "", "", "120", "150")] if surplus[0] else []
        assert [each[:5] for each in end["discrepancies"]] == overpaid

    def test_and_early_payment_leave_the_same_in_either_order(
        self, bill_with_discount: Callable[[], Invoice], erp: FarEnd
    ) -> None:
        def reports(invoice: Invoice) -> list[Report]:
            return [
                (erp, credit(invoice, "0.5")),
                (erp, payment(invoice, "117.60")),
                (erp, payment(invoice, "10.00", "Q", after=LATE)),
            ]

        end = same_ends(bill_with_discount, reports)

        assert end["discount"] == Decimal("1.20")
        assert end["surplus"] == (10, Decimal("58.80"), 10)

    @pytest.mark.parametrize("arrival", [(0, 1), (1, 0)])
    def test_names_both_values_of_one_reference(
        self, bill: Callable[[], Invoice], erp: FarEnd, arrival: tuple[int, int]
    ) -> None:
        """What was issued first cannot be taken back: only which of the two it is differs."""
        invoice = bill()
        reported = [(erp, credit(invoice, quantity)) for quantity in ("0.25", "0.5")]
        receive_all(reported, arrival)

        values = ["30", "60"]
        assert list(
            Discrepancy.objects.filter(resolved_at=None).values_list(
                "kind", "field", "ours", "theirs", "report__message_id"
            )
        ) == [
            (
                "credit",
                f"CR-{invoice}",
                values[arrival[0]],
                values[arrival[1]],
                reported[arrival[1]][1]["id"],
            )
        ]

    @pytest.mark.parametrize("arrival", [(0, 1), (1, 0)])
    def test_names_other_lines_under_one_reference(
        self, market: Market, bill: Callable[[], Invoice], erp: FarEnd, arrival: tuple[int, int]
    ) -> None:
        bill()
        invoice = Invoice.objects.get(order=submitted_order(market, "1", "1"))

        def note(line: Any) -> Message:
            lines = [{"invoice_line": str(line.pk), "quantity": "1"}]
            return credited(invoice, "CR-1", "120.00", lines=lines)

        reported = [(erp, note(line)) for line in invoice.lines.order_by("position")]
        receive_all(reported, arrival)

        [found] = Discrepancy.objects.filter(resolved_at=None)
        assert (found.kind, found.field) == ("credit", "CR-1")
        assert {found.ours, found.theirs} == {"120: 1 × 1", "120: 2 × 1"}


def test_shows_what_is_recorded_now_as_ours(invoice: Invoice, erp: FarEnd) -> None:
    receive_from(erp, payment(invoice, "-5.00", "BAD"))
    receive_from(erp, payment(invoice, "50.00"))

    found = Discrepancy.objects.get()
    assert (found.ours, found.theirs, found.difference) == ("0", "-5", "-5")
    receive_from(erp, credited(invoice, "CR-1", "70.00"))
    waiting = Discrepancy.objects.get(kind="credit")
    assert (waiting.ours, waiting.theirs) == ("120", "70")
    receive_from(erp, credit(invoice, "0.25"))
    waiting.refresh_from_db()
    assert (waiting.ours, waiting.theirs, waiting.difference) == ("90", "70", "-20")
