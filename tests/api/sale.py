"""A sale of a granted account, with a record of every resource of the API."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from crm.models import Partner
from fulfilment.models import Connection, Handoff
from fulfilment.services.shipments import record_shipment
from fulfilment.services.webhook_endpoints import register_endpoint, verify_endpoint
from sales.models import Invoice, Payment
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_quote
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.payments import record_payment
from tests.api.partner_client import partner_with
from tests.factories import ContactFactory, Market
from tests.fulfilment.conftest import submitted_order


class Sale:
    """An order with a shipment and a draft invoice, and what fills the paths of the API."""

    def __init__(self, market: Market) -> None:
        self.order = submitted_order(market)
        line = self.order.lines.get()
        self.shipment = record_shipment(
            self.order.pk, actor=market.rep, lines={line.pk: line.quantity}
        )
        self.invoice = invoice_order(self.order.pk, actor=market.rep, what=Invoice.What.ALL)
        self.line = line
        self.market = market

    def path(self, pattern: str) -> str:
        """Fill the id of a path with that of the record."""
        record = self.record(pattern.split("/", maxsplit=1)[0])
        return "/" + pattern.replace("<uuid:pk>", str(record.pk))

    def record(self, resource: str) -> Any:
        """Return a record of the account; one that the sale does not come with is made."""
        known = {
            "accounts": self.order.account,
            "orders": self.order,
            "shipments": self.shipment,
            "invoices": self.invoice,
        }
        return known.get(resource) or MAKERS[resource](self)

    def issue(self) -> Invoice:
        """Issue the invoice, so that it can be paid and credited."""
        return issue_invoice(self.invoice.pk, actor=self.market.rep)

    def pay(self) -> Payment:
        """Pay the first cent of the invoice."""
        day = self.issue().issued_on
        assert day is not None
        return record_payment(
            self.invoice.pk, actor=self.market.rep, amount=Decimal("0.01"), received_on=day
        ).payment

    def credit(self) -> Invoice:
        """Credit the invoice."""
        return credit_invoice(self.issue().pk, actor=self.market.rep, reason="Broken")


def register(sale: Sale) -> Connection:
    """Register an endpoint of a partner that was granted the account; it is verified."""
    account = sale.order.account
    partner = Partner.objects.filter(accounts=account).first() or partner_with(account)
    endpoint, _secret = register_endpoint(
        partner, url="https://shop.example.com/hooks", event_types=["invoice.issued"]
    )
    verify_endpoint(endpoint)
    return endpoint


def deliver(sale: Sale) -> Handoff:
    """Queue an event for an endpoint of a partner that was granted the account."""
    endpoint = register(sale)
    sale.issue()
    return Handoff.objects.filter(lane__connection=endpoint).get()


MAKERS: dict[str, Callable[[Sale], Any]] = {
    "contacts": lambda sale: ContactFactory.create(account=sale.order.account),
    "quotes": lambda sale: draft_quote(
        actor=sale.market.rep, account=sale.order.account, name="Bar refit"
    ),
    "payments": Sale.pay,
    "webhook-endpoints": register,
    "webhook-deliveries": deliver,
    "credit-notes": Sale.credit,
}
