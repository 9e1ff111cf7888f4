"""A believable set of documents: what a company has after a few months of trade."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from fulfilment.models import Shipment
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Instalment, Invoice, Order, Product, PromotionCode, Quote, TaxRate
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from sales.services.promotions import apply_promotion
from sales.services.quotes import accept_quote, activate_quote, lose_quote, revise_quote
from tests.factories import Market, TaxCategoryFactory
from tests.sales.order_steps import trade_in


class TradedDocuments:
    """Quotes won, lost and revised, and what became of the orders."""

    def __init__(self, market: Market) -> None:
        self.market, self.rep = market, market.rep
        self.machine = market.product("1249.99", standard_cost=Decimal(800))
        self.cups = market.product("19.99", standard_cost=Decimal("7.5"))
        self.beans = self._beans()
        self._split_what_is_due()
        self.quoted = self._quoted()
        self._shipped_and_billed(self.quoted)
        self._changed()
        self._refused()
        self._free()
        self._traded_in()
        self._by_the_hundred()
        self._came_back()

    def _beans(self) -> Product:
        """Tax food at a rate of its own."""
        category = TaxCategoryFactory.create()
        TaxRate.objects.create(category=category, zone=self.market.zone, rate=Decimal("0.055"))
        beans = self.market.product("33.33", decimals=2, standard_cost=Decimal(20))
        beans.tax_category = category
        beans.save()
        return beans

    def _split_what_is_due(self) -> None:
        terms = self.market.payment_terms
        terms.early_payment_rate, terms.early_payment_days = Decimal("0.02"), 10
        terms.save()
        for days, share in ((0, "0.3"), (30, "0.7")):
            Instalment.objects.create(terms=terms, share_rate=Decimal(share), due_days=days)

    def _quoted(self) -> Order:
        """Submit the order of a won quote with discounts, a promotion and an option not taken."""
        PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=Decimal("0.05"))
        quote = draft_quote(
            actor=self.rep,
            account=self.market.account,
            name="Bar refit",
            discount_rate=Decimal("0.015"),
            freight=Decimal(50),
        )
        self._line(quote, self.machine, "2", discount_rate=Decimal("0.1"))
        self._line(quote, self.cups, "96")
        self._line(quote, self.beans, "7.5", discount_amount=Decimal(5))
        self._line(quote, self.cups, "12", is_optional=True)
        apply_promotion(quote, "SPRING", actor=self.rep)
        activate_quote(quote.pk, actor=self.rep)
        order = accept_quote(quote.pk, actor=self.rep, name="É. Garnier", email="e@cafe.example")
        return submit_order(order.pk, actor=self.rep)

    def _shipped_and_billed(self, order: Order) -> None:
        """Ask a third ahead; ship, bill, pay, take back and credit some of it."""
        ahead = invoice_down_payment(order.pk, actor=self.rep, rate=Decimal("0.3"))
        self._pay(issue_invoice(ahead.pk, actor=self.rep), ahead.total)
        machine, cups, beans = order.lines.order_by("position")
        record_shipment(
            order.pk,
            actor=self.rep,
            lines={machine.pk: Decimal(1), cups.pk: Decimal(60), beans.pk: Decimal("2.5")},
            status=Shipment.Status.DELIVERED,
            carrier="DHL",
            tracking="JJD0",
        )
        invoice = self._issued(order)
        self._pay(invoice, Decimal(100))
        record_return(order.pk, actor=self.rep, lines={cups.pk: Decimal(6)}, replace=True)
        billed = invoice.lines.get(order_line=cups)
        credit_invoice(
            invoice.pk, actor=self.rep, reason="Broken", quantities={billed.pk: Decimal(6)}
        )
        record_shipment(order.pk, actor=self.rep, lines={cups.pk: Decimal(30)})
        invoice_order(order.pk, actor=self.rep)

    def _changed(self) -> None:
        """Complete an order with prices that include tax, after a change order."""
        order = draft_order(
            actor=self.rep,
            account=self.market.account,
            name="Cups",
            discount_amount=Decimal(10),
            prices_include_tax=True,
        )
        self._line(order, self.cups, "3", charge_amount=Decimal("2.50"))
        self._line(order, self.beans, "4", discount_rate=Decimal("0.033"))
        submit_order(order.pk, actor=self.rep)
        cups, beans = order.lines.order_by("position")
        wish = {cups.pk: {"quantity": Decimal(5)}}
        change_order(order.pk, Changes(lines=wish), actor=self.rep, reason="Two more")
        lines = {cups.pk: Decimal(5), beans.pk: Decimal(4)}
        record_shipment(order.pk, actor=self.rep, lines=lines)
        invoice = self._issued(order)
        self._pay(invoice, invoice.total)

    def _refused(self) -> None:
        """Revise a quote whose first revision is superseded, and lose another."""
        for name in ("Second bar", "Third bar"):
            quote = draft_quote(actor=self.rep, account=self.market.account, name=name)
            self._line(quote, self.machine, "1")
            activate_quote(quote.pk, actor=self.rep)
            if name == "Second bar":
                revise_quote(quote.pk, actor=self.rep)
            else:
                lose_quote(quote.pk, actor=self.rep, reason="price", comment="Too dear")

    def _free(self) -> None:
        """Credit half of an invoice without an order, and draft another."""
        for _ in range(2):
            invoice = draft_invoice(actor=self.rep, account=self.market.account, name="Repair")
            self._line(invoice, self.machine, "2", discount_rate=Decimal("0.07"))
        first = Invoice.objects.filter(order=None).order_by("id")[0]
        issued = issue_invoice(first.pk, actor=self.rep)
        line = issued.lines.get()
        credit_invoice(issued.pk, actor=self.rep, reason="Late", quantities={line.pk: Decimal(1)})

    def _traded_in(self) -> None:
        """Bill one of two machines less its part of an old one, and all of cups less a rebate."""
        for product, ordered, off, shipped in (
            (self.machine, "2", "600.00", "1"), (self.cups, "12", "20.00", "12"),
        ):  # fmt: skip
            order = draft_order(actor=self.rep, account=self.market.account, name="Swap")
            self._line(order, product, ordered)
            trade_in(order, self.market, off)
            submit_order(order.pk, actor=self.rep)
            sold = order.lines.get(product=product)
            record_shipment(order.pk, actor=self.rep, lines={sold.pk: Decimal(shipped)})
            self._issued(order)

    def _by_the_hundred(self) -> None:
        """Bill and credit parts of lines priced for 100, with an amount off each, half to even."""
        screws = self.market.product("3.99", price_quantity="100", decimals=2)
        order = draft_order(
            actor=self.rep,
            account=self.market.account,
            name="Workshop",
            rounding="half_even",
            discount_method="per_unit",
        )
        charged = {"discount_amount": Decimal("0.00125"), "charge_amount": Decimal("3.33")}
        self._line(order, screws, "250.5", **charged)
        self._line(order, screws, "1250", unit_price=Decimal(35), price_quantity=Decimal(1000))
        submit_order(order.pk, actor=self.rep)
        first, second = order.lines.order_by("position")
        parts = {first.pk: Decimal(100), second.pk: Decimal(1000)}
        draft = invoice_order(order.pk, actor=self.rep, what="lines", quantities=parts)
        invoice = issue_invoice(draft.pk, actor=self.rep)
        line = invoice.lines.get(order_line=second)
        credit_invoice(
            invoice.pk, actor=self.rep, reason="Bent", quantities={line.pk: Decimal(300)}
        )

    def _came_back(self) -> None:
        """Take a part back before all is billed."""
        order = draft_order(
            actor=self.rep, account=self.market.account, name="Tasting", freight=Decimal(50)
        )
        self._line(order, self.beans, "10")
        submit_order(order.pk, actor=self.rep)
        beans = order.lines.get()
        record_shipment(order.pk, actor=self.rep, lines={beans.pk: Decimal(10)})
        record_return(order.pk, actor=self.rep, lines={beans.pk: Decimal("3.5")}, replace=False)
        self._issued(order)

    def _line(
        self, document: Quote | Order | Invoice, product: Product, quantity: str, **fields: Any
    ) -> None:
        add_line(document, actor=self.rep, product=product, quantity=Decimal(quantity), **fields)

    def _issued(self, order: Order) -> Invoice:
        return issue_invoice(invoice_order(order.pk, actor=self.rep).pk, actor=self.rep)

    def _pay(self, invoice: Invoice, amount: Decimal) -> None:
        day = invoice.company.today()
        record_payment(
            invoice.pk, actor=self.rep, amount=amount, received_on=day, reference="Transfer"
        )
