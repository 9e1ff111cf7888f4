"""Actions on documents: as many SQL statements for fifty lines as for five."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from common.identifiers import uuid7
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import AnyDocument, Invoice, Order, Quote, kind_of
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.documents.totals import reprice
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.events import record_event
from sales.services.invoices import issue_invoice
from sales.services.opportunities import quote_from_opportunity
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order, submit_order
from sales.services.price_refresh import refresh_prices
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.factories import Market, OpportunityFactory

FEW, MANY = 5, 50
What = Invoice.What

DocumentT = TypeVar("DocumentT", bound=AnyDocument)


class Sale:
    """A market and its documents of so many product lines."""

    def __init__(self, market: Market, count: int) -> None:
        self.market, self.count = market, count
        self.rep = market.rep
        self.product = market.product("20.00")

    def quote(self) -> Quote:
        return self._filled(draft_quote(**self._head()))

    def active_quote(self) -> Quote:
        return activate_quote(self.quote().pk, actor=self.rep)

    def order(self) -> Order:
        return self._filled(draft_order(**self._head()))

    def submitted_order(self) -> Order:
        return submit_order(self.order().pk, actor=self.rep)

    def shipped_order(self) -> Order:
        order = self.submitted_order()
        self.ship(order)
        return order

    def free_invoice(self) -> Invoice:
        return self._filled(draft_invoice(**self._head()))

    def invoice(self, what: Invoice.What = What.ALL) -> Invoice:
        return invoice_order(self.submitted_order().pk, actor=self.rep, what=what)

    def issued_invoice(self) -> Invoice:
        return issue_invoice(self.invoice().pk, actor=self.rep)

    def ship(self, order: Order) -> None:
        record_shipment(order.pk, actor=self.rep, lines=quantities(order))

    def _head(self) -> dict[str, Any]:
        return {"actor": self.rep, "account": self.market.account, "name": "Bar refit"}

    def _filled(self, document: DocumentT) -> DocumentT:
        """Repeat the first line; a hundred calls of the service would take a minute."""
        first = add_line(document, actor=self.rep, product=self.product, quantity=Decimal(4))
        lines: Any = kind_of(document).line_model._default_manager
        rows = [lines.get(pk=first.pk) for _ in range(self.count - 1)]
        for place, row in enumerate(rows, start=2):
            row.pk, row.position = uuid7(), place
        lines.bulk_create(rows)
        document.refresh_from_db()
        with transaction.atomic():
            reprice(document)
            record_event(kind_of(document).draft_event, document, actor=self.rep)
        return document


def quantities(document: AnyDocument, quantity: int = 1) -> dict[Any, Decimal]:
    return {line.pk: Decimal(quantity) for line in document.lines.all()}


Action = Callable[[Sale], Callable[[], object]]


def changing_every_line(sale: Sale) -> Callable[[], object]:
    order = sale.submitted_order()
    lines = {line.pk: {"quantity": Decimal(5)} for line in order.lines.all()}
    return lambda: change_order(order.pk, Changes(lines=lines), actor=sale.rep)


def on(make: Callable[[Sale], Any], act: Callable[..., object], **options: Any) -> Action:
    """Make a document, and return what acts on it."""

    def prepare(sale: Sale) -> Callable[[], object]:
        document = make(sale)
        return lambda: act(document.pk, actor=sale.rep, **options)

    return prepare


def chosen(make: Callable[[Sale], Any], act: Callable[..., object], **options: Any) -> Action:
    """Make a document, and return what acts on one unit of each of its lines."""

    def prepare(sale: Sale) -> Callable[[], object]:
        document = make(sale)
        wanted = quantities(document)
        key = "lines" if act in (record_shipment, record_return) else "quantities"
        return lambda: act(document.pk, actor=sale.rep, **{key: wanted}, **options)

    return prepare


def head(make: Callable[[Sale], Any], **fields: Any) -> Action:
    def prepare(sale: Sale) -> Callable[[], object]:
        document = make(sale)
        return lambda: change_head(document, actor=sale.rep, **fields)

    return prepare


def refreshing_prices(sale: Sale) -> Callable[[], object]:
    quote = sale.quote()
    sale.market.price_list.items.update(amount=Decimal("21.00"))
    return lambda: refresh_prices(quote, actor=sale.rep)


def from_opportunity(sale: Sale) -> Callable[[], object]:
    opportunity = OpportunityFactory.create(account=sale.market.account)
    for _ in range(sale.count):
        add_opportunity_line(opportunity.pk, actor=sale.rep, product=sale.product)
    return lambda: quote_from_opportunity(opportunity.pk, actor=sale.rep)


ACTIONS: dict[str, Action] = {
    "activate quote": on(Sale.quote, activate_quote),
    "revise quote": on(Sale.active_quote, revise_quote),
    "accept quote": on(Sale.active_quote, accept_quote),
    "discount on everything": head(Sale.quote, discount_rate=Decimal("0.1")),
    "refresh prices": refreshing_prices,
    "quote from opportunity": from_opportunity,
    "submit order": on(Sale.order, submit_order),
    "cancel order": on(Sale.submitted_order, cancel_order, reason="Changed plans"),
    "change order": changing_every_line,
    "record shipment": chosen(Sale.submitted_order, record_shipment),
    "record return": chosen(Sale.shipped_order, record_return),
    "invoice all": on(Sale.submitted_order, invoice_order, what=What.ALL),
    "invoice shipped": on(Sale.shipped_order, invoice_order, what=What.SHIPPED),
    "invoice chosen": chosen(Sale.submitted_order, invoice_order, what=What.LINES),
    "invoice a percentage": on(
        Sale.submitted_order, invoice_order, what=What.PERCENTAGE, rate=Decimal("0.3")
    ),
    "invoice a down payment": on(Sale.submitted_order, invoice_down_payment, rate=Decimal("0.3")),
    "delete draft invoice": on(Sale.invoice, delete_draft_invoice),
    "issue invoice of an order": on(Sale.invoice, issue_invoice),
    "issue free invoice": on(Sale.free_invoice, issue_invoice),
    "credit all": on(Sale.issued_invoice, credit_invoice, reason="Broken"),
    "credit chosen": chosen(Sale.issued_invoice, credit_invoice, reason="Broken"),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_takes_as_many_statements_for_many_lines_as_for_few(market: Market, name: str) -> None:
    few, many = (statements(ACTIONS[name], Sale(market, count)) for count in (FEW, MANY))

    assert len(few) == len(many), sorted(set(many) - set(few))


def statements(action: Action, sale: Sale) -> list[str]:
    act = action(sale)
    with CaptureQueriesContext(connection) as captured:
        act()
    connection.check_constraints()
    return [query["sql"][:200] for query in captured]
