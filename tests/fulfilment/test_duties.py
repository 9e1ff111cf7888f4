"""Duties of connections: one system ships and one bills the orders of a company."""

from __future__ import annotations

import html
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_httpserver import HTTPServer

from crm.actors import System
from fulfilment.models import Connection, Handoff, InboundMessage, InvalidConnection, Shipment
from fulfilment.services.duties import BILLED_BY, SHIPPED_BY, DutyTaken, assign_duties, companies_of
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import move_shipment, record_shipment
from sales.models import Company, Invoice, Order, PaymentTerms
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.errors import BilledElsewhere, ShippedElsewhere
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.concurrency import run_concurrently
from tests.factories import CompanyFactory, Market
from tests.fulfilment.conftest import (
    ORDER_EVENTS,
    FarEnd,
    connect,
    shipment_event,
    submitted_order,
)
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import changed, connect_supply, mapped_product, their_order
from tests.sales.written import written
from tests.web.refusals import reason_shown
from web.pages.documents import DocumentPage
from web.pages.invoices import invoice_page
from web.pages.orders import order_page
from web.record_urls import record_url

NOT_SHIPPED = "“supply” ships the orders of {company}: record shipments and returns there."
NOT_BILLED = "“supply” bills the orders of {company}: invoice and credit them there."
Act = Callable[["Sold"], object]


def give(connection: Connection, *, ships: bool = False, bills: bool = False) -> None:
    """Have a system ship, or bill, what every company sells."""
    every = list(Company.objects.values_list("pk", flat=True))
    assign_duties(connection, ships=every if ships else (), bills=every if bills else ())


def connection(code: str, **fields: Any) -> Connection:
    fields = {"name": code.title(), "kind": Connection.Kind.SUPPLY, "url": "https://x.example"} | (
        fields
    )
    return Connection.objects.create(code=code, **fields)


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "25.00")
    return far_end


def test_a_company_names_the_systems_that_ship_and_bill(db: None) -> None:
    first, second = CompanyFactory.create(), CompanyFactory.create()
    scm = connection("scm")

    assign_duties(scm, ships=[first.pk, second.pk], bills=[first.pk])
    assign_duties(scm, ships=[second.pk], bills=[first.pk])

    assert (companies_of(scm, SHIPPED_BY), companies_of(scm, BILLED_BY)) == (
        [second.pk],
        [first.pk],
    )
    assert set(Company.objects.values_list("shipped_by", "billed_by")) == {("", "scm"), ("scm", "")}


@pytest.mark.parametrize(("duty", "verb"), [({"ships": True}, "ships"), ({"bills": True}, "bills")])
def test_a_second_system_is_refused(db: None, duty: dict[str, bool], verb: str) -> None:
    company = CompanyFactory.create(name="Throughline Berlin")
    give(connection("scm"), **duty)

    with pytest.raises(DutyTaken) as refused:
        give(connection("erp"), **duty)

    assert str(refused.value) == (
        f"“scm” {verb} the orders of Throughline Berlin: take that from it first."
    )
    company.refresh_from_db()
    assert {company.shipped_by, company.billed_by} == {"scm", ""}


@pytest.mark.django_db(transaction=True)
def test_two_systems_at_once_do_not_both_ship() -> None:
    company = CompanyFactory.create()
    connections = [connection("scm"), connection("erp")]

    def ships(system: Connection) -> Callable[[], None]:
        return lambda: assign_duties(system, ships=[company.pk], bills=[])

    results = run_concurrently(*map(ships, connections))

    company.refresh_from_db()
    assert sorted(type(result).__name__ for result in results) == ["DutyTaken", "NoneType"]
    assert company.shipped_by == connections[results.index(None)].code


def test_only_a_supply_chain_system_that_serves_the_company_ships_for_it(db: None) -> None:
    company, other = CompanyFactory.create(name="Throughline"), CompanyFactory.create()
    warehouse = connection("warehouse", kind=Connection.Kind.WEBHOOK)
    scm = connection("scm", companies=[other.pk])

    with pytest.raises(InvalidConnection, match="Warehouse is no supply-chain system"):
        assign_duties(warehouse, ships=[company.pk], bills=[])
    with pytest.raises(InvalidConnection, match="Scm does not serve Throughline"):
        assign_duties(scm, ships=[], bills=[company.pk])

    assert set(Company.objects.values_list("shipped_by", "billed_by")) == {("", "")}


def test_warehouses_are_not_sent_what_another_system_ships(
    market: Market, warehouse: FarEnd, supply: FarEnd, httpserver: HTTPServer
) -> None:
    connect(httpserver, "erp", ORDER_EVENTS)
    before = submitted_order(market)
    give(supply.connection, ships=True)

    submitted_order(market)
    change_order(before.pk, Changes(head={"name": "Terrace"}), actor=market.rep)

    sent = Handoff.objects.order_by("id").values_list("lane__connection__code", "event__type")
    assert sorted(sent) == [
        ("erp", "order.changed"),
        ("erp", "order.submitted"),
        ("erp", "order.submitted"),
        ("supply", "order.changed"),
        ("supply", "order.submitted"),
        ("supply", "order.submitted"),
        ("warehouse", "order.changed"),  # it was sent this order before
        ("warehouse", "order.submitted"),
    ]


class Sold:
    """An order of ten: four are shipped and billed, two more planned and drafted."""

    def __init__(self, market: Market) -> None:
        self.actor: Any = market.rep
        self.order = submitted_order(market)
        self.line = self.order.lines.get().pk
        self.shipped = self.ship("4")
        self.planned = self.ship("2", status=Shipment.Status.PLANNED)
        self.invoice = issue_invoice(self.bill("4").pk, actor=market.rep)
        self.draft = self.bill("2")

    def ship(self, quantity: str, **fields: Any) -> Shipment:
        lines = {self.line: Decimal(quantity)}
        return record_shipment(self.order.pk, actor=self.actor, lines=lines, **fields)

    def take_back(self) -> Shipment:
        lines = {self.line: Decimal(1)}
        return record_return(self.order.pk, actor=self.actor, lines=lines, returns=self.shipped)

    def bill(self, quantity: str) -> Invoice:
        quantities = {self.line: Decimal(quantity)}
        return invoice_order(
            self.order.pk, actor=self.actor, what=Invoice.What.LINES, quantities=quantities
        )


SHIPPING: dict[str, Act] = {
    "ship": lambda sold: sold.ship("1"),
    "send off": lambda sold: move_shipment(sold.planned.pk, actor=sold.actor, status="shipped"),
    "take back": lambda sold: sold.take_back(),
}
BILLING: dict[str, Act] = {
    "bill": lambda sold: sold.bill("1"),
    "ask ahead": lambda sold: invoice_down_payment(
        sold.order.pk, actor=sold.actor, amount=Decimal(10)
    ),
    "issue": lambda sold: issue_invoice(sold.draft.pk, actor=sold.actor),
    "credit": lambda sold: credit_invoice(sold.invoice.pk, actor=sold.actor, reason="Scratched"),
}


@pytest.mark.parametrize("act", SHIPPING.values(), ids=SHIPPING.keys())
def test_nobody_else_ships_what_another_system_ships(
    market: Market, supply: FarEnd, act: Act
) -> None:
    sold = Sold(market)
    give(supply.connection, ships=True)
    before = written(sold.order)

    with pytest.raises(ShippedElsewhere) as refused:
        act(sold)

    assert str(refused.value) == NOT_SHIPPED.format(company=market.company)
    assert written(sold.order) == before
    sold.actor = System("Supply", "supply")
    act(sold)
    assert written(sold.order) != before


@pytest.mark.parametrize("act", BILLING.values(), ids=BILLING.keys())
def test_nobody_else_bills_what_another_system_bills(
    market: Market, supply: FarEnd, act: Act
) -> None:
    sold = Sold(market)
    give(supply.connection, bills=True)
    before = written(sold.order)

    with pytest.raises(BilledElsewhere) as refused:
        act(sold)

    assert str(refused.value) == NOT_BILLED.format(company=market.company)
    assert written(sold.order) == before
    sold.actor = System("Supply", "supply")
    act(sold)
    assert written(sold.order) != before


@pytest.mark.parametrize("act", [*SHIPPING.values(), *BILLING.values()])
def test_the_systems_of_other_companies_change_nothing(market: Market, act: Act) -> None:
    CompanyFactory.create(shipped_by="scm", billed_by="scm")
    sold = Sold(market)
    before = written(sold.order)

    act(sold)

    assert written(sold.order) != before


@pytest.mark.parametrize(("bills", "invoices"), [(True, 0), (False, 1)])
@pytest.mark.parametrize("moment", ["placed", "per_shipment", "fulfilled"])
def test_nothing_is_billed_by_terms_where_another_system_bills(
    market: Market, supply: FarEnd, bills: bool, invoices: int, moment: str
) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen(moment)
    market.payment_terms.save()
    give(supply.connection, bills=bills)

    order = submitted_order(market)
    record_shipment(order.pk, actor=market.rep, lines={order.lines.get().pk: Decimal(10)})

    assert order.invoices.count() == invoices


@pytest.mark.parametrize(("bills", "invoices"), [(True, 0), (False, 1)])
def test_an_order_of_theirs_is_billed_by_whoever_bills_the_company(
    market: Market, supply: FarEnd, bills: bool, invoices: int
) -> None:
    market.payment_terms.invoice_when = PaymentTerms.InvoiceWhen.PLACED
    market.payment_terms.save()
    give(supply.connection, bills=bills)

    receive_from(supply, changed(their_order()))

    assert Order.objects.get().invoices.count() == invoices


def test_a_report_of_another_warehouse_waits_for_a_person(
    market: Market, warehouse: FarEnd, supply: FarEnd
) -> None:
    order = submitted_order(market)
    receive_from(warehouse, shipment_event(order, "S-1", "shipped", "4"))
    give(supply.connection, ships=True)

    known = receive_from(warehouse, shipment_event(order, "S-1", "delivered", "4"))
    new = receive_from(warehouse, shipment_event(order, "S-2", "shipped", "6"))

    assert (known, new) == ("applied", "quarantined")
    assert InboundMessage.objects.latest("id").display_detail == NOT_SHIPPED.format(
        company=market.company
    )
    line = order.lines.get()
    assert (line.shipped_quantity, line.delivered_quantity) == (4, 4)


def reasons(page: DocumentPage) -> dict[str, str]:
    """The actions of a page, each with why it is not possible now."""
    assert page.actions is not None
    return {str(each.label): str(each.reason) for each in page.actions.all}


def test_the_page_of_an_order_says_who_ships_and_bills_it(
    client: Client, market: Market, supply: FarEnd
) -> None:
    sold = Sold(market)
    give(supply.connection, ships=True, bills=True)
    client.force_login(market.rep)

    page = order_page(Order.objects.get(pk=sold.order.pk), market.rep)
    actions = reasons(page)
    assert page.submitted is not None
    for row in page.submitted.shipments:
        actions |= {str(each.label): str(each.reason) for each in row.actions if each.reason}
    for invoice in Invoice.objects.all():
        actions |= reasons(invoice_page(invoice, market.rep))
    not_shipped = NOT_SHIPPED.format(company=market.company)
    not_billed = NOT_BILLED.format(company=market.company)
    assert {label: reason for label, reason in actions.items() if "supply" in reason} == {
        "Record shipment": not_shipped,
        "Mark as shipped": not_shipped,
        "Mark as delivered": not_shipped,
        "Record a return": not_shipped,
        "Create invoice": not_billed,
        "Issue": not_billed,
        "Credit note": not_billed,
    }
    shown = html.unescape(client.get(record_url(sold.order)).content.decode())
    assert not_shipped in shown
    assert not_billed in shown


@pytest.mark.parametrize(
    ("name", "record"),
    [
        ("fulfilment:shipment-new", "order"),
        ("fulfilment:shipment-return", "shipped"),
        ("fulfilment:shipment-move", "planned"),
        ("sales:order-invoice", "order"),
        ("sales:invoice-issue", "draft"),
        ("sales:invoice-credit", "invoice"),
    ],
)
def test_what_another_system_does_is_refused_over_http(
    client: Client, market: Market, supply: FarEnd, name: str, record: str
) -> None:
    sold = Sold(market)
    give(supply.connection, ships=True, bills=True)
    client.force_login(market.rep)
    before = written(sold.order)
    more = ["shipped"] if name.endswith("move") else []

    url = reverse(name, args=[getattr(sold, record).pk, *more])
    answer = client.post(url, {"reason": "Scratched"})

    template = NOT_BILLED if name.startswith("sales") else NOT_SHIPPED
    shown_on = getattr(sold, record) if record in {"draft", "invoice"} else sold.order
    assert reason_shown(client, answer, shown_on) == template.format(company=market.company)
    assert written(sold.order) == before
