"""The sample data: complete, consistent, and added once."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import models, transaction

from crm import roles
from crm.models import Account, Activity, Contact, Lead, Opportunity, Team, User
from demo.companies import WHOLESALE
from demo.connections import Addresses
from demo.errors import DemoError
from demo.personas import PASSWORD, PEOPLE
from demo.sample_data import customers, load_basics, load_everything
from fulfilment.models import Connection, Handoff, Mapping, Shipment
from sales.models import (
    Company,
    CustomerCreditEntry,
    Invoice,
    Order,
    Payment,
    PaymentTerms,
    PriceList,
    Product,
    Quote,
    SalesEvent,
    TaxRate,
)
from sales.services.integrity.verification import verify
from tests.factories import AccountFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="class")
def _loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The sample data, made once for all tests of a class."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_everything(Addresses())
        yield
        transaction.set_rollback(True)


def statuses(model: type[models.Model]) -> Counter[str]:
    return Counter(model._default_manager.values_list("status", flat=True))


@pytest.mark.usefixtures("_loaded")
class TestSampleData:
    """What the loaded sample data contains."""

    def test_holds_against_every_check(self) -> None:
        assert [str(each) for found in verify().values() for each in found] == []

    def test_has_a_user_for_every_role_who_can_sign_in(self) -> None:
        users = {user.email: user for user in User.objects.all()}

        assert users.keys() == {person.email for person in PEOPLE}
        assert {role for user in users.values() for role in user.role_names} == set(roles.ROLES)
        assert users["camille@aurelia.example"].check_password(PASSWORD)
        assert len({user.password for user in users.values()}) == 1
        assert not any(user.is_superuser for user in users.values())

    def test_has_two_teams_below_one(self) -> None:
        above = dict(Team.objects.values_list("name", "parent__name"))

        assert above == {"Sales": None, "France": "Sales", "International": "Sales"}

    def test_has_a_catalogue_with_prices_in_four_currencies(self) -> None:
        lists = PriceList.objects.filter(is_active=True, valid_to__isnull=True)

        assert Product.objects.count() == 26
        assert Counter(lists.values_list("currency", flat=True)) == {
            "EUR": 2,
            "GBP": 1,
            "JPY": 1,
            "USD": 1,
        }
        assert TaxRate.objects.count() == 12
        assert PaymentTerms.objects.count() == 6

    def test_has_customers_with_contacts(self) -> None:
        assert Account.objects.count() == 16
        assert Contact.objects.count() == 20

    def test_has_leads_in_every_status(self) -> None:
        assert statuses(Lead) == {"new": 3, "contacted": 2, "qualified": 1, "disqualified": 2}

    def test_has_opportunities_open_won_and_lost(self) -> None:
        assert statuses(Opportunity) == {"open": 7, "won": 1, "lost": 1}

    def test_has_quotes_in_every_status(self) -> None:
        today = Company.objects.get(is_default=True).today()
        active = Quote.objects.filter(status="active")

        assert statuses(Quote) == {"draft": 1, "active": 5, "won": 5, "lost": 1, "superseded": 1}
        assert [quote.is_expired(today) for quote in active].count(True) == 1
        assert active.filter(valid_until=today + dt.timedelta(days=4)).count() == 1

    def test_has_orders_from_draft_to_delivered(self) -> None:
        fulfilment = Order.objects.exclude(status="draft").values_list(
            "fulfilment_status", flat=True
        )

        assert statuses(Order) == {"draft": 2, "submitted": 5, "completed": 6, "cancelled": 1}
        assert Counter(fulfilment) == {
            "delivered": 6,
            "not_started": 4,
            "partly_shipped": 1,
            "shipped": 1,
        }
        assert Order.objects.filter(is_on_hold=True).count() == 1
        assert Shipment.objects.count() == 9

    def test_has_invoices_paid_overdue_and_new(self) -> None:
        today = Company.objects.get(is_default=True).today()

        assert statuses(Invoice) == {"draft": 1, "issued": 5, "partly_paid": 1, "paid": 4}
        assert sum(invoice.is_overdue(today) for invoice in Invoice.objects.all()) == 3
        assert Payment.objects.filter(kind=Payment.Kind.PAYMENT).count() == 6
        assert Payment.objects.get(kind=Payment.Kind.EARLY_PAYMENT).amount == Decimal("298.55")

    def test_has_a_customer_who_paid_twice(self) -> None:
        [entry] = CustomerCreditEntry.objects.select_related("payment__invoice")
        assert entry.payment is not None
        assert entry.amount == entry.payment.invoice.total

    @pytest.mark.parametrize("model", [Quote, Order, Invoice])
    def test_adds_up_every_document(self, model: type[Quote | Order | Invoice]) -> None:
        for document in model._default_manager.prefetch_related("lines"):
            gross = sum((line.gross for line in document.lines.all()), Decimal(0))
            assert document.total == gross - document.discount + document.freight, document

    def test_has_tasks_overdue_due_today_and_due_later(self) -> None:
        today = Company.objects.get(is_default=True).today()
        tasks = Activity.objects.filter(kind="task", done_at__isnull=True)

        assert tasks.filter(due_on__lt=today).exists()
        assert tasks.filter(due_on=today).exists()
        assert tasks.filter(due_on__gt=today).exists()

    def test_numbers_rise_with_the_days(self) -> None:
        for prefix in ("", "DE-"):
            orders = Order.objects.filter(company__number_prefix=prefix, number__isnull=False)
            numbers = [str(order) for order in orders.order_by("submitted_at")]
            assert numbers == sorted(numbers)

    def test_queues_handoffs_for_todays_events_only(self) -> None:
        handoffs = Handoff.objects.values_list("lane__connection__code", "event__type")

        assert Counter(handoffs) == {
            ("warehouse", "order.submitted"): 3,
            ("warehouse", "order.held"): 1,
            ("erp", "invoice.issued"): 1,
        }

    def test_has_what_one_company_sells_shipped_by_the_supply_chain_alone(self) -> None:
        served = {each.code: each.companies for each in Connection.objects.all()}
        wholesale = Company.objects.get(name=WHOLESALE)
        draft = Order.objects.get(company=wholesale)

        assert served["supply"] == [wholesale.pk]
        assert served["warehouse"] == served["erp"]
        assert len(served["erp"]) == 2
        assert wholesale.pk not in served["erp"]
        assert {line.discount for line in draft.lines.all()} == {Decimal(10)}
        kinds = Mapping.objects.values_list("kind", flat=True)
        assert Counter(kinds) == {
            "account": 1, "category": 9, "company": 1, "payment_terms": 1, "product": 26, "unit": 3,
        }  # fmt: skip

    def test_adds_nothing_the_second_time(self) -> None:
        before = counts()

        added = load_everything(Addresses())

        assert added is False
        assert counts() == before

    def test_updates_the_urls_of_the_connections(self) -> None:
        load_everything(Addresses(warehouse="http://127.0.0.1:9101"))

        warehouse = Connection.objects.get(code="warehouse")
        assert warehouse.url == "http://127.0.0.1:9101/hooks/throughline"


def counts() -> dict[str, int]:
    counted = (
        *(Account, Activity, Connection, Contact, Handoff, Invoice, Lead, Opportunity, Order),
        *(Payment, PriceList, Product, Quote, SalesEvent, Shipment, TaxRate, Team, User),
    )
    return {model.__name__: model._default_manager.count() for model in counted}


def test_refuses_a_database_that_is_in_use() -> None:
    Company.objects.create(name="Somebody Else Ltd", is_default=True)

    with pytest.raises(DemoError, match="holds another company's records"):
        load_everything(Addresses())

    assert not User.objects.exists()
    assert not Account.objects.exists()


def test_adds_the_basics_without_customers() -> None:
    load_basics(Addresses())

    assert Product.objects.count() == 26
    assert Connection.objects.count() == 3
    assert not Account.objects.exists()
    assert not SalesEvent.objects.exists()


def test_adds_what_the_sample_data_of_an_earlier_version_lacks() -> None:
    load_basics(Addresses())
    AccountFactory.create(domain=customers.LAVOISIER.domain)
    Connection.objects.filter(code="supply").delete()
    Company.objects.filter(name=WHOLESALE).delete()

    added = load_everything(Addresses())

    assert added is False
    wholesale = Company.objects.get(name=WHOLESALE)
    assert Connection.objects.get(code="supply").companies == [wholesale.pk]
    assert Order.objects.filter(company__name=WHOLESALE).exists()
