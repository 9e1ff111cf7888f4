"""Random trading: orders, trade-ins, changes, shipments, returns, invoices, credits and payments.

Every action is one a user could take. Many are refused, which is as good: the test checks what is
true afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from common.errors import DomainError
from fulfilment.models import Shipment
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import move_shipment, record_shipment
from sales.models import (
    BundleItem,
    Company,
    CustomerCreditEntry,
    Instalment,
    Invoice,
    Order,
    OrderLine,
    PaymentTerms,
    Product,
    TaxRate,
)
from sales.pricing.errors import AmountExceedsOpen, InvalidDiscount, QuantityExceedsOpen
from sales.pricing.money import minor_units
from sales.services.billing.down_payments import invoice_down_payment, open_down_payments
from sales.services.billing.ledgers import read_ledger
from sales.services.change_orders import Changes, change_order, close_rest
from sales.services.credit_notes import credit_invoice
from sales.services.customer_credit import apply_credit, keep_as_credit, refund_credit
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.errors import DownPaymentDeducted, DownPaymentNotIssued, NothingToInvoice
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order, hold_order, release_order, submit_order
from sales.services.payments import record_payment, refund_payment, write_off_invoice
from tests.factories import Market, TaxCategoryFactory
from tests.sales.order_sums import differing_sums, negative_invoices, unasked_deductions
from tests.sales.overtaken_drafts import overtaken_drafts
from tests.sales.promotion_codes import apply_at_random

TAX_RATES = (Decimal("0.055"), Decimal("0.19"), Decimal(0))
PRICES = {
    "0.335": "1", "1": "1", "7.77": "100", "19.99": "1", "21.66667": "3", "1234.5": "1000",
}  # fmt: skip
"""Each price on the list, with the units that it is for."""
RATES = (None, Decimal("0.025"), Decimal("0.333333"))


class Trade:
    """A market in which actions are run at random."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.rep = market.rep
        self._split_what_is_due(market.payment_terms)
        self.products: list[Product] = [
            market.product(price, price_quantity=units, decimals=2)
            for price, units in PRICES.items()
        ]
        self._tax_at_several_rates()
        self.bundle = self._bundle()
        self.done: list[str] = []
        self.refused: list[str] = []

    @staticmethod
    def _split_what_is_due(terms: PaymentTerms) -> None:
        """Ask for 30 % at once and the rest in a month, and for less of who pays early."""
        terms.early_payment_rate, terms.early_payment_days = Decimal("0.02"), 10
        terms.save()
        Instalment.objects.bulk_create(
            Instalment(terms=terms, share_rate=Decimal(share), due_days=days)
            for days, share in ((0, "0.3"), (30, "0.7"))
        )

    def _tax_at_several_rates(self) -> None:
        """Tax every other product at a rate of its own."""
        for product, rate in zip(self.products[::2], TAX_RATES, strict=True):
            category = TaxCategoryFactory.create()
            TaxRate.objects.create(category=category, zone=self.market.zone, rate=rate)
            product.tax_category = category
            product.save()

    def _bundle(self) -> Product:
        """Offer a bundle of three parts of one kind and one of another."""
        bundle = self.market.product("64.95", kind=Product.Kind.BUNDLE)
        for quantity in (3, 1):
            part = self.market.product("9.5")
            BundleItem.objects.create(
                bundle=bundle, product=part, unit=part.default_unit, quantity=quantity
            )
        return bundle

    def do(self, action: Callable[[Random], object], rng: Random) -> None:
        """Run an action and record whether it was done or refused."""
        try:
            action(rng)
        except (DomainError, ObjectDoesNotExist) as error:  # somebody else was faster
            self.refused.append(f"{action.__name__}: {error}")
        else:
            self.done.append(action.__name__)

    @property
    def actions(self) -> list[Callable[[Random], object]]:
        """Everything that can be done, the frequent things more than once."""
        return [
            self.order, self.change, self.ship, self.ship, self.deliver, self.take_back,
            self.invoice, self.invoice, self.issue, self.issue, self.issue, self.ask_ahead,
            self.credit, self.pay, self.pay, self.delete_draft, self.hold, self.cancel,
            self.close, self.refund, self.settle_otherwise,
        ]  # fmt: skip

    def order(self, rng: Random) -> None:
        """Draft an order of one to three lines, perhaps with trade-ins, and submit it."""
        order = draft_order(
            actor=self.rep,
            account=self.market.account,
            name="At random",
            discount_rate=rng.choice([Decimal(0), Decimal("0.015")]),
            prices_include_tax=rng.random() < 0.3,
            freight=self.coins(rng.choice([Decimal(0), Decimal("9.9")])),
            rounding=rng.choice(Company.Rounding.values),
            discount_method=rng.choice(Company.DiscountMethod.values),
        )
        for product in rng.sample(self.products, rng.randint(1, 3)):
            quantity = Decimal(rng.choice(["1", "3", "7", "2.5", "0.75"]))
            discount = self.discount(order, rng) | self.charge(order, rng)
            try:
                add_line(order, actor=self.rep, product=product, quantity=quantity, **discount)
            except InvalidDiscount:  # a coin off a line that comes to less than one
                line = add_line(order, actor=self.rep, product=product, quantity=quantity)
                assert line.base == 0
        if rng.random() < 0.4:
            sets = Decimal(rng.randint(1, 4))
            add_line(order, actor=self.rep, product=self.bundle, quantity=sets)
        apply_at_random(order, rng, actor=self.rep)
        for _ in range(rng.choice([0, 0, 1, 2])):
            self.take_in(order, rng)
        submit_order(order.pk, actor=self.rep)

    def take_in(self, order: Order, rng: Random) -> None:
        """Take off a part of what an order comes to at a tax rate, or all of it."""
        category = rng.choice(list(order.lines.filter(kind="product"))).tax_category
        left = Decimal(0)
        for line in order.lines.filter(tax_category=category):
            left += line.net - line.header_discount
            left += line.tax if order.prices_include_tax else 0
        add_line(
            order,
            actor=self.rep,
            kind=OrderLine.Kind.DEDUCTION,
            description="Taken back",
            tax_category=category,
            unit_price=self.coins(left * Decimal(rng.choice(["0.3", "0.777", "1"]))),
        )

    def charge(self, order: Order, rng: Random) -> dict[str, Any]:
        """Charge a third of the lines up to a hundred coins."""
        coins = rng.choice([0, 0, rng.randint(1, 100)])
        return {"charge_amount": Decimal(coins).scaleb(-minor_units(order.currency))}

    def discount(self, order: Order, rng: Random) -> dict[str, Any]:
        """Take a percentage off a line, a little off each unit or off all, or nothing."""
        if rng.random() < 0.7:
            return {"discount_rate": rng.choice(RATES)}
        if order.discounts_each_unit:
            return {"discount_amount": Decimal(rng.choice(["0.00125", "0.001"]))}
        return {"discount_amount": Decimal(1).scaleb(-minor_units(order.currency))}

    def change(self, rng: Random) -> None:
        """Change the quantity or the price of a line that is ordered, or add one."""
        line = self.line(rng)
        wish: dict[str, Any] = rng.choice(
            [
                {"quantity": line.quantity + 1},
                {"quantity": max(Decimal(0), line.quantity - 1)},
                {"quantity": line.done_quantity},
                {"unit_price": Decimal(rng.choice([*PRICES]))},
                {
                    "unit_price": Decimal(rng.choice([*PRICES])),
                    "price_quantity": Decimal(rng.choice(["1", "3", "100", "0.5"])),
                },
            ]
        )
        more: list[NewLineFields] = []
        if rng.random() < 0.3:
            more.append({"product": rng.choice(self.products)})
        if rng.random() < 0.2:
            more.append(
                {
                    "kind": OrderLine.Kind.DEDUCTION,
                    "description": "Rebate",
                    "tax_category": rng.choice(self.products).tax_category,
                    "unit_price": self.coins(Decimal(rng.choice([*PRICES]))),
                }
            )
        changes = Changes(lines={line.pk: wish}, additions=more)
        change_order(line.order_id, changes, actor=self.rep, reason="They asked")

    def close(self, rng: Random) -> None:
        """Close what is open of a line, or of an order."""
        line = self.line(rng)
        lines = rng.choice([None, {line.pk}])
        close_rest(line.order_id, actor=self.rep, reason="They need no more", lines=lines)

    def ship(self, rng: Random) -> None:
        """Ship some of what is open on an order, now and then too much."""
        line = self.line(rng)
        lines = {
            each.pk: self.some(each.open_to_ship, rng)
            for each in line.order.lines.select_related("product")
            if not each.is_bundle
        }
        record_shipment(
            line.order_id,
            actor=self.rep,
            lines=lines,
            status=rng.choice([Shipment.Status.PACKED, Shipment.Status.SHIPPED]),
        )

    def deliver(self, rng: Random) -> None:
        """Move a shipment on."""
        moving = Shipment.objects.exclude(status=Shipment.Status.DELIVERED)
        status = rng.choice(["shipped", "delivered", "delivered", "failed"])
        move_shipment(self.any(moving, rng).pk, actor=self.rep, status=status)

    def take_back(self, rng: Random) -> None:
        """Take back some of what is out."""
        line = self.line(rng)
        out = line.shipped_quantity - line.returned_quantity
        record_return(
            line.order_id,
            actor=self.rep,
            lines={line.pk: self.some(out, rng)},
            replace=rng.choice([True, False]),
        )

    def invoice(self, rng: Random) -> None:
        """Draft an invoice of an order in one of the ways there are."""
        line = self.line(rng)
        what = rng.choice(["shipped", "all", "lines", "percentage"])
        invoice_order(
            line.order_id,
            actor=self.rep,
            what=what,
            quantities={line.pk: self.some(line.open_to_bill, rng)} if what == "lines" else None,
            rate=rng.choice([Decimal("0.3"), Decimal("0.333"), Decimal(1)]),
        )

    def ask_ahead(self, rng: Random) -> None:
        """Ask for a part of an order ahead."""
        rate = rng.choice([Decimal("0.1"), Decimal("0.333333"), Decimal("0.5")])
        invoice_down_payment(self.line(rng).order_id, actor=self.rep, rate=rate)

    def issue(self, rng: Random) -> None:
        """Issue a draft."""
        issue_invoice(self.any(self.invoices("draft"), rng).pk, actor=self.rep)

    def delete_draft(self, rng: Random) -> None:
        """Throw a draft away."""
        delete_draft_invoice(self.any(self.invoices("draft"), rng).pk, actor=self.rep)

    def credit(self, rng: Random) -> None:
        """Credit all or some of an invoice."""
        invoice = self.any(self.invoices("issued", "partly_paid", "paid"), rng)
        line = self.any(invoice.lines.all(), rng)
        credit_invoice(
            invoice.pk,
            actor=self.rep,
            reason="Broken",
            quantities=rng.choice([None, {line.pk: self.some(line.quantity, rng)}]),
            bill_again=rng.choice([True, True, False]),
        )

    def pay(self, rng: Random) -> None:
        """Pay some of an invoice, or too much; the same reference may come twice."""
        invoice = self.any(self.issued(), rng)
        owed, today = invoice.outstanding, invoice.company.today()
        amount = rng.choice([owed, owed - invoice.discount_on(today), owed * Decimal("0.4"), 7])
        record_payment(
            invoice.pk,
            actor=self.rep,
            amount=self.coins(Decimal(amount)),
            received_on=today,
            reference=rng.choice(["", "P-1", "P-2"]),
        )

    def refund(self, rng: Random) -> None:
        """Refund some of what was paid too much, or of the customer's credit."""
        invoice = self.any(self.issued(), rng)
        company, currency, today = invoice.company, invoice.currency, invoice.company.today()
        credit = CustomerCreditEntry.objects.of(invoice.account_id, company.pk, currency)
        part = rng.choice([Decimal(1), Decimal("0.4")])
        paid: dict[str, Any] = {"actor": self.rep, "refunded_on": today, "reason": "They asked"}
        if invoice.to_refund:
            refund_payment(invoice.pk, amount=self.coins(invoice.to_refund * part), **paid)
        else:
            amount = self.coins(credit * part)
            account = invoice.account_id
            refund_credit(account, company=company, currency=currency, amount=amount, **paid)

    def settle_otherwise(self, rng: Random) -> None:
        """Apply or keep credit, or now and then write an invoice off."""
        invoice = self.any(self.issued(), rng)
        if rng.random() < 0.3:
            write_off_invoice(invoice.pk, actor=self.rep, reason="Insolvent")
        elif invoice.to_refund:
            keep_as_credit(invoice.pk, actor=self.rep)
        else:
            apply_credit(invoice.pk, actor=self.rep)

    def hold(self, rng: Random) -> None:
        """Put an order on hold, or release it."""
        order = self.line(rng).order
        if order.is_on_hold:
            release_order(order.pk, actor=self.rep)
        else:
            hold_order(order.pk, actor=self.rep, reason="Credit check")

    def cancel(self, rng: Random) -> None:
        """Cancel an order, which only a young one allows."""
        if rng.random() < 0.1:
            cancel_order(self.line(rng).order_id, actor=self.rep, reason="Changed plans")

    def finish(self) -> None:
        """Bring every order to its end: ship, invoice and issue what is open, credit the rest.

        A down payment that is left a draft is asked for as late as can be.
        """
        for order in Order.objects.filter(status=Order.Status.SUBMITTED):
            if order.is_on_hold:
                release_order(order.pk, actor=self.rep)
            self._ship_rest(order)
            with suppress(DomainError):  # nothing may be left to ask for
                invoice_down_payment(order.pk, actor=self.rep, rate=Decimal("0.1"))
            self._invoice_rest(order)
            for ahead in open_down_payments(order):
                with suppress(DownPaymentDeducted):
                    credit_invoice(ahead.pk, actor=self.rep, reason="Not needed")
            if read_ledger(order).lapsed():  # goods came back that a trade-in was taken off
                close_rest(order.pk, actor=self.rep, reason="They came back")

    def _ship_rest(self, order: Order) -> None:
        for planned in order.shipments.filter(status__in=["planned", "picked", "packed"]):
            move_shipment(planned.pk, actor=self.rep, status=Shipment.Status.FAILED)
        rest = {line.pk: line.open_to_ship for line in order.lines.all() if line.counts}
        if any(rest.values()):
            record_shipment(order.pk, actor=self.rep, lines=rest)

    def _invoice_rest(self, order: Order) -> None:
        self._invoice_all(order)
        while drafts := list(order.invoices.filter(status=Invoice.Status.DRAFT).order_by("-id")):
            issued = [each for each in drafts if self._issued(each)]
            if not issued:
                self._throw_away(drafts)
                self._invoice_all(order)

    def _invoice_all(self, order: Order) -> None:
        with suppress(NothingToInvoice):
            invoice_order(order.pk, actor=self.rep, what="all")

    def _throw_away(self, drafts: Sequence[Invoice]) -> None:
        """Delete drafts that bill goods that came back, or ask for too much or deduct that."""
        is_beyond = bool(overtaken_drafts())
        assert is_beyond or any(each.asks_ahead for each in drafts), f"dead end after {self.done}"
        for draft in sorted(drafts, key=lambda each: each.asks_ahead):
            delete_draft_invoice(draft.pk, actor=self.rep)

    def _issued(self, draft: Invoice) -> bool:
        """Issue a draft, unless it deducts a draft, or bills or asks for more than is left."""
        try:
            issue_invoice(draft.pk, actor=self.rep)
        except (DownPaymentNotIssued, AmountExceedsOpen, QuantityExceedsOpen):
            return False
        assert unasked_deductions() == [], f"after {self.done}"
        return True

    def line(self, rng: Random) -> OrderLine:
        """Pick any line that was ever ordered."""
        lines = OrderLine.objects.exclude(order__status="draft").select_related("order")
        line: OrderLine = self.any(lines, rng)
        return line

    def issued(self) -> Any:
        """Find invoices that were issued, whatever became of them."""
        return self.invoices("issued", "partly_paid", "paid", "cancelled")

    def invoices(self, *statuses: str) -> Any:
        """Find invoices, not credit notes, by status."""
        return Invoice.objects.filter(kind="invoice", status__in=statuses)

    @staticmethod
    def any(rows: Any, rng: Random) -> Any:
        """Pick any row, or be refused for want of one."""
        count = rows.count()
        if not count:
            raise DomainError("There is none.")
        row = rows.order_by("pk")[rng.randrange(count) :][:1].first()
        if row is None:
            raise DomainError("It is gone.")  # somebody else was faster
        return row

    @staticmethod
    def some(quantity: Decimal, rng: Random) -> Decimal:
        """Take all, a part, nothing, or a little too much of a quantity."""
        part = quantity * Decimal(rng.choice(["1", "1", "0.5", "0.4", "0"]))
        extra = rng.choice([0, 0, 0, 0, 0, 0, 1])
        return part.quantize(Decimal("0.01"), ROUND_DOWN) + extra

    def coins(self, amount: Decimal) -> Decimal:
        """Cut an amount to coins that exist."""
        smallest = Decimal(1).scaleb(-minor_units(self.market.currency))
        return amount.quantize(smallest, ROUND_DOWN)


def violations() -> list[str]:
    """Name every order whose units or cents are not accounted for."""
    wrong = []
    for line in OrderLine.objects.select_related("order"):
        kept = line.shipped_quantity - line.returned_quantity
        departed = line.shipped_quantity - line.replaced_quantity + line.closed_unshipped_quantity
        billed = line.invoiced_quantity - line.credited_quantity
        ordered = line.wanted_quantity
        if not 0 <= kept <= line.shipped_quantity or not 0 <= departed <= ordered:
            wrong.append(f"{line.order}: {kept} kept of {line.shipped_quantity}, {ordered} ordered")
        if not 0 <= billed <= billed + line.drafted_quantity + line.closed_quantity <= ordered:
            wrong.append(f"{line.order}: {billed} billed of {ordered}")
    wrong += [
        f"{invoice} is paid, but {invoice.outstanding} is open"
        for invoice in Invoice.objects.filter(status=Invoice.Status.PAID)
        if invoice.outstanding > 0
    ]
    return wrong + negative_invoices() + differing_sums() + unasked_deductions()
