"""Money on the screens: what is recorded, what is refused in words, and who may give it back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm import roles
from crm.models import User
from sales.models import CustomerCreditEntry, Invoice, Payment
from sales.services.documents.drafts import draft_invoice
from sales.services.payments import write_off_invoice
from tests.concurrency import run_concurrently
from tests.factories import CompanyFactory, Market, UserFactory
from tests.sales.payment_steps import balance, bill, credit, stands
from tests.sales.payment_steps import pay as paid
from tests.web.refusals import reason_shown
from web.record_urls import record_url

MONEY = ("pay", "refund", "write-off", "apply-credit", "keep-as-credit")


@pytest.fixture
def market(db: None) -> Market:
    """No tax, so that figures are easy to follow."""
    return Market(tax_rate="0")


@pytest.fixture
def invoice(market: Market) -> Invoice:
    """Two machines for 100.00 each."""
    return bill(market)


@pytest.fixture
def office(db: None) -> Client:
    """Back office, signed in."""
    client = Client()
    client.force_login(UserFactory.create(role=roles.BACK_OFFICE))
    return client


def url(invoice: Invoice, name: str) -> str:
    return reverse(f"sales:invoice-{name}", args=[invoice.pk])


def answers(invoice: Invoice, amount: str, reference: str = "R1") -> dict[str, str]:
    today = str(invoice.company.today())
    return {"amount": amount, "received_on": today, "reference": reference}


def refund_of(invoice: Invoice, amount: str, **more: str) -> dict[str, str]:
    given = {
        "amount": amount,
        "refunded_on": str(invoice.company.today()),
        "reference": "OUT-1",
        "reason": "Broken",
    }
    return given | more


def messages_of(answer: Any) -> list[tuple[str, str]]:
    """The messages that the next page shows, with their levels."""
    assert answer.status_code == 302, answer.content.decode()
    return [(each.level_tag, str(each)) for each in get_messages(answer.wsgi_request)]


def page_of(client: Client, record: Any) -> str:
    answer = client.get(record_url(record))
    assert answer.status_code == 200
    return html.unescape(re.sub("</?bdi>", "", answer.content.decode()))


def actions_on(client: Client, record: Any) -> set[str]:
    return {str(action.label) for action in client.get(record_url(record)).context["actions"].all}


class TestPaying:
    def test_proposes_what_is_open_with_the_digits_of_its_currency(
        self, rep: Client, invoice: Invoice
    ) -> None:
        paid(invoice, "35.60", "R0")

        assert 'value="164.40"' in rep.get(url(invoice, "pay")).content.decode()

    def test_says_that_the_same_payment_was_recorded_already(
        self, rep: Client, invoice: Invoice
    ) -> None:
        first = rep.post(url(invoice, "pay"), answers(invoice, "50.00"))
        second = rep.post(url(invoice, "pay"), answers(invoice, "50.00"))

        assert messages_of(first)[-1] == ("success", f"Payment of {invoice} recorded.")
        assert messages_of(second)[-1] == ("info", "R1 was recorded already.")
        assert Payment.objects.count() == 1

    def test_says_on_which_invoice_the_same_money_is_recorded_too(
        self, rep: Client, market: Market, invoice: Invoice
    ) -> None:
        other, third, theirs = bill(market), bill(market), bill(market, owner=UserFactory.create())
        paid(theirs, "50", "Q2")
        rep.post(url(invoice, "pay"), answers(invoice, "50.00", "Q2"))

        second = rep.post(url(other, "pay"), answers(other, "50.00", "Q2"))
        differs = rep.post(url(third, "pay"), answers(third, "50.01", "Q2"))

        remark = f"Reference Q2 of the same day is also recorded on {invoice}."
        assert messages_of(second)[-1] == ("warning", f"Payment of {other} recorded. {remark}")
        assert messages_of(differs)[-1] == ("success", f"Payment of {third} recorded.")
        assert stands(other) == ("partly_paid", 150, 0, 0)

    def test_refuses_the_reference_with_another_amount_beside_it(
        self, rep: Client, invoice: Invoice
    ) -> None:
        rep.post(url(invoice, "pay"), answers(invoice, "50.00"))

        answer = rep.post(url(invoice, "pay"), answers(invoice, "60.00"))

        assert answer.status_code == 422
        [error] = answer.context["form"].errors["reference"]
        assert error.startswith("R1 is recorded with €50.00 of ")
        assert stands(invoice) == ("partly_paid", 150, 0, 0)

    @pytest.mark.parametrize(
        ("amount", "sentence"),
        [
            ("0", "Amount is above 0; you entered 0."),
            ("-5", "Amount is above 0; you entered −5."),
            ("1.001", "Amounts in EUR have at most 2 decimals."),
            ("1.0000001", "Amounts in EUR have at most 2 decimals."),
        ],
    )
    def test_refuses_an_amount_by_the_rule_of_its_currency(
        self, rep: Client, invoice: Invoice, amount: str, sentence: str
    ) -> None:
        answer = rep.post(url(invoice, "pay"), answers(invoice, amount))

        assert answer.status_code == 422
        assert answer.context["form"].errors["amount"] == [sentence]
        assert not Payment.objects.exists()

    def test_refuses_a_day_beside_it(self, rep: Client, invoice: Invoice) -> None:
        typed = answers(invoice, "50.00") | {"received_on": "2199-12-31"}

        answer = rep.post(url(invoice, "pay"), typed)

        assert answer.status_code == 422
        assert "31 Dec 2199 is in the future" in answer.context["form"].errors["received_on"][0]
        assert not Payment.objects.exists()

    def test_says_what_became_customer_credit(self, rep: Client, invoice: Invoice) -> None:
        answer = rep.post(url(invoice, "pay"), answers(invoice, "225.00"))

        [(_, message)] = messages_of(answer)
        assert message == (
            f"Payment of {invoice} recorded; €25.00 is too much and now customer credit."
        )
        assert stands(invoice) == ("paid", 0, 0, 25)

    def test_lists_every_entry_with_its_kind_and_reason(
        self, office: Client, invoice: Invoice
    ) -> None:
        paid(invoice, "200", "R1")
        credit(invoice, "1")
        office.post(url(invoice, "refund"), refund_of(invoice, "60.00"))
        office.post(url(invoice, "keep-as-credit"))

        page = page_of(office, invoice)

        for shown in ("Refund · OUT-1 · Broken", "−€60.00", "Moved to customer credit", "−€40.00"):
            assert shown in page


class TestCustomerCredit:
    def test_is_shown_on_the_account_and_on_invoices_and_applied(
        self, rep: Client, market: Market, invoice: Invoice
    ) -> None:
        paid(invoice, "225", "R1")
        following = bill(market)

        assert "€25.00 available" in page_of(rep, market.account)
        assert "€200.00 open · €25.00 credit available" in page_of(rep, following)
        assert "Apply credit" in actions_on(rep, following)
        answer = rep.post(url(following, "apply-credit"))

        assert messages_of(answer)[-1][1] == f"€25.00 of customer credit applied to {following}."
        assert stands(following) == ("partly_paid", 175, 0, 0)
        page = page_of(rep, market.account)
        assert "nothing left" in page
        assert "Applied to an invoice" in page
        assert "Apply credit" not in actions_on(rep, following)

    def test_a_refused_one_says_why_on_the_invoice(
        self, rep: Client, market: Market, invoice: Invoice
    ) -> None:
        answer = rep.post(url(invoice, "apply-credit"))
        no_credit = f"{market.account} has no credit in EUR with {market.company}: "
        assert reason_shown(rep, answer, invoice) == f"{no_credit}record a payment instead."

    def test_names_no_invoice_of_another_team(self, rep: Client, market: Market) -> None:
        theirs = bill(market, owner=UserFactory.create())
        paid(theirs, "225", "R1")

        page = page_of(rep, market.account)

        assert "€25.00 available" in page
        assert str(theirs) not in page

    def test_can_be_applied_and_refunded_where_it_is_listed(
        self, rep: Client, office: Client, market: Market, invoice: Invoice
    ) -> None:
        paid(invoice, "225", "R1")
        bill(market, company=CompanyFactory.create(name="Second"))
        due = bill(market)

        def offered(client: Client) -> list[str]:
            cards = client.get(record_url(market.account)).context["cards"]
            card = next(card for card in cards if card.id == "customer-credit")
            return [each.url for each in card.actions if each.allowed]

        refund = reverse("sales:credit-refund", args=[market.account.pk])
        assert offered(rep) == [url(due, "apply-credit")]
        assert offered(office) == [url(due, "apply-credit"), refund]
        assert f"Apply credit to {due}" in page_of(rep, market.account)

        rep.post(url(due, "apply-credit"))
        assert offered(office) == []

    def test_takes_the_same_statements_for_one_balance_and_for_two(
        self, rep: Client, market: Market, invoice: Invoice
    ) -> None:
        paid(invoice, "225", "R1")
        page_of(rep, market.account)
        with CaptureQueriesContext(connection) as one:
            page_of(rep, market.account)
        paid(bill(market, company=CompanyFactory.create(name="Second")), "225", "R2")
        with CaptureQueriesContext(connection) as two:
            page_of(rep, market.account)
        assert len(two) == len(one)

    def test_is_refunded_from_the_account(
        self, office: Client, market: Market, invoice: Invoice
    ) -> None:
        paid(invoice, "225", "R1")
        paid(bill(market, company=CompanyFactory.create(name="Second")), "210", "R2")
        address = reverse("sales:credit-refund", args=[market.account.pk])
        assert "Refund credit" in actions_on(office, market.account)
        form = office.get(address).context["form"]
        second = next(key for key, label in form.fields["balance"].choices if "Second" in label)
        typed = refund_of(invoice, "10.00", balance=second)

        first, again = (office.post(address, typed) for _ in range(2))

        assert messages_of(first)[-1] == ("success", "Refund of €10.00 recorded.")
        assert messages_of(again)[-1] == ("info", "OUT-1 was recorded already.")
        assert balance(invoice) == 25
        assert list(
            CustomerCreditEntry.objects.filter(kind="refund").values_list("amount", flat=True)
        ) == [Decimal(-10)]
        page = page_of(office, market.account)
        assert "Customer credit of 10.00 EUR refunded (OUT-1): Broken" in page

    def test_has_nothing_to_refund_where_there_never_was_any(
        self, office: Client, market: Market
    ) -> None:
        address = reverse("sales:credit-refund", args=[market.account.pk])
        way_on = "refund an invoice that was paid too much instead."
        for ask in (office.get, office.post):
            reason = reason_shown(office, ask(address), market.account)
            assert reason == f"{market.account} has no customer credit: {way_on}"
        assert "Refund credit" not in actions_on(office, market.account)


class TestGivingBackAndUp:
    def test_shows_what_is_to_refund_and_refunds_it(self, office: Client, invoice: Invoice) -> None:
        paid(invoice, "200", "R1")
        credit(invoice, "1")
        assert "€100.00 to refund" in page_of(office, invoice)
        form = office.get(url(invoice, "refund")).content.decode()
        assert 'value="100.00"' in form

        answer = office.post(url(invoice, "refund"), refund_of(invoice, "100.00"))

        assert messages_of(answer)[-1] == ("success", f"Refund of {invoice} recorded.")
        assert stands(invoice) == ("paid", 0, 0, 0)
        assert "to refund" not in page_of(office, invoice)
        again = office.post(url(invoice, "refund"), refund_of(invoice, "100.00"))
        assert messages_of(again)[-1] == ("info", "OUT-1 was recorded already.")
        reason = reason_shown(office, office.get(url(invoice, "refund")), invoice)
        assert reason.startswith(f"{invoice} has nothing to refund, since no more is paid than ")

    def test_asks_why_a_refund_is_made(self, office: Client, invoice: Invoice) -> None:
        paid(invoice, "200", "R1")
        credit(invoice, "1")
        answer = office.post(url(invoice, "refund"), refund_of(invoice, "100.00", reason=""))
        assert answer.status_code == 422
        assert "reason" in answer.context["form"].errors
        assert stands(invoice) == ("paid", -100, 100, 0)

    def test_writes_off_what_is_open(self, office: Client, invoice: Invoice) -> None:
        paid(invoice, "150", "R1")
        assert "Write off €50.00" in office.get(url(invoice, "write-off")).content.decode()

        answer = office.post(url(invoice, "write-off"), {"reason": "Insolvent"})

        assert messages_of(answer)[-1] == ("success", f"{invoice} is written off.")
        page = page_of(office, invoice)
        assert "Written off" in page
        assert "Write-off · Insolvent" in page
        assert "Write off" not in actions_on(office, invoice)
        reason = reason_shown(office, office.get(url(invoice, "write-off")), invoice)
        assert reason.startswith(f"{invoice} has nothing left to write off: choose an invoice of ")

    def test_offers_each_what_they_may(self, rep: Client, office: Client, invoice: Invoice) -> None:
        assert actions_on(rep, invoice) == {"Record payment", "Credit note"}
        assert actions_on(office, invoice) == {"Record payment", "Write off", "Credit note"}

        paid(invoice, "200", "R1")
        credit(invoice, "1")

        common = {"Record payment", "Keep as customer credit", "Credit note"}
        assert actions_on(rep, invoice) == common
        assert actions_on(office, invoice) == {"Refund €100.00", *common}

    @pytest.mark.parametrize("document", ["draft", "credit note"])
    def test_offers_nothing_for_what_asks_for_no_money(
        self, office: Client, market: Market, invoice: Invoice, document: str
    ) -> None:
        note = credit(invoice, "1")
        draft = draft_invoice(actor=market.rep, account=market.account, name="Workshop")
        shown = actions_on(office, note if document == "credit note" else draft)
        assert not shown & {"Record payment", "Write off", "Apply credit"}


class TestRights:
    def post_all(self, person: User, invoice: Invoice) -> dict[str, int]:
        client = Client()
        client.force_login(person)
        typed = answers(invoice, "10.00") | refund_of(invoice, "10.00")
        found = {name: client.post(url(invoice, name), typed).status_code for name in MONEY}
        account = reverse("sales:credit-refund", args=[invoice.account_id])
        return found | {"refund-credit": client.post(account, typed).status_code}

    def test_other_teams_find_nothing(self, invoice: Invoice) -> None:
        stranger = UserFactory.create()
        assert set(self.post_all(stranger, invoice).values()) == {403, 404}
        manager = UserFactory.create(role=roles.SALES_MANAGER)
        permit(manager, "refund_payment", "write_off_invoice")

        assert set(self.post_all(manager, invoice).values()) == {404}
        assert not Payment.objects.exists()

    def test_reps_neither_refund_nor_write_off(self, market: Market, invoice: Invoice) -> None:
        found = self.post_all(market.rep, invoice)
        refused = {name for name, status in found.items() if status == 403}
        assert refused == {"refund", "write-off", "refund-credit"}

    def test_auditors_do_nothing(self, invoice: Invoice) -> None:
        auditor = UserFactory.create(role=roles.AUDITOR)
        assert set(self.post_all(auditor, invoice).values()) == {403}
        assert not Payment.objects.exists()


def permit(person: User, *codenames: str) -> None:
    """Give somebody single rights."""
    rights = Permission.objects.filter(codename__in=codenames)
    person.user_permissions.add(*rights)


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    @pytest.fixture
    def market(self, transactional_db: None) -> Market:
        return Market(tax_rate="0")

    def posts(
        self, person: User, address: str, *typed: dict[str, str]
    ) -> list[Callable[[], tuple[int, list[str]]]]:
        """Make a browser of its own for each form that is sent."""

        def post(client: Client, form: dict[str, str]) -> tuple[int, list[str]]:
            answer = client.post(address, form)
            shown = [str(each) for each in get_messages(answer.wsgi_request)]
            return answer.status_code, shown

        clients = [Client() for _ in typed]
        for client in clients:
            client.force_login(person)
        return [
            lambda client=client, form=form: post(client, form)  # type: ignore[misc]  # bound early
            for client, form in zip(clients, typed, strict=True)
        ]

    def test_two_posts_of_one_payment_record_it_once(
        self, market: Market, invoice: Invoice
    ) -> None:
        typed = answers(invoice, "50.00")

        results = run_concurrently(*self.posts(market.rep, url(invoice, "pay"), typed, typed))

        assert sorted(results) == [
            (302, [f"Payment of {invoice} recorded."]),
            (302, ["R1 was recorded already."]),
        ]
        assert stands(invoice) == ("partly_paid", 150, 0, 0)

    def test_of_two_posts_with_other_amounts_one_is_refused(
        self, market: Market, invoice: Invoice
    ) -> None:
        forms = (answers(invoice, "50.00"), answers(invoice, "60.00"))

        results = run_concurrently(*self.posts(market.rep, url(invoice, "pay"), *forms))

        assert sorted(status for status, _ in results) == [302, 422]
        assert Payment.objects.count() == 1

    def test_two_refunds_give_back_no_more_than_there_is(
        self, market: Market, invoice: Invoice
    ) -> None:
        paid(invoice, "200", "R1")
        credit(invoice, "1")
        clerk = UserFactory.create(role=roles.BACK_OFFICE)
        forms = [refund_of(invoice, "100.00", reference=f"OUT-{n}") for n in (1, 2)]

        results = run_concurrently(*self.posts(clerk, url(invoice, "refund"), *forms))

        assert sorted(status for status, _ in results) == [302, 422]
        assert stands(invoice) == ("paid", 0, 0, 0)

    def test_credit_is_applied_and_an_invoice_written_off_once(
        self, market: Market, invoice: Invoice
    ) -> None:
        paid(invoice, "225", "R1")
        following = bill(market)

        run_concurrently(*self.posts(market.rep, url(following, "apply-credit"), {}, {}))

        assert stands(following) == ("partly_paid", 175, 0, 0)
        write_off_invoice(following.pk, actor=market.rep, reason="Insolvent")
        assert stands(following) == ("paid", 0, 0, 0)
