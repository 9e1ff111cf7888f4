"""Intake of the ERP: what each event from Throughline changes."""

from __future__ import annotations

from decimal import Decimal

from sandbox.cloudevents import Event, utc_now
from sandbox.erp.records import Invoice, Invoices
from sandbox.erp.taxes import TaxLine, TaxRounding, tax_of
from sandbox.errors import Refused
from sandbox.inbox import Answer, Inbox
from sandbox.json_fields import Fields
from sandbox.store import Store

ISSUED = "throughline.invoice.issued"
CREDITED = "throughline.invoice.credited"
SETTLEMENTS = frozenset(
    f"throughline.invoice.{name}"
    for name in ("paid", "paid_from_credit", "moved_to_credit", "refunded", "written_off")
)
SETTLES = ("paid", "discounted", "written_off")
GIVEN_BACK = ("refunded", "moved_to_credit")


class Intake:
    """Applies events."""

    def __init__(self, store: Store, rounding: TaxRounding) -> None:
        self._store = store
        self._rounding = rounding
        self._invoices = Invoices(store)
        self.inbox = Inbox(store, self._apply)

    def _apply(self, event: Event, forgotten: bool) -> Answer:
        if event.type not in {ISSUED, CREDITED, *SETTLEMENTS}:
            return self.inbox.note(event, "ERP-NOTE")
        invoice = self._read(event.data.object("invoice"))
        known = self._invoices.find_by_id(invoice.invoice_id)
        if event.type in SETTLEMENTS:
            has_amount = event.data.object("invoice").has("paid")
            return self._record_payment(invoice, invoice.paid if has_amount else None)
        if event.type == CREDITED and known is None:
            invoice.kind = "credit memo"  # some senders use this event for the credit memo itself
        if known is not None and not forgotten:
            return self._compare(known, invoice)
        return self._add(invoice)

    def _add(self, invoice: Invoice) -> Answer:
        invoice.reference = f"ERP-{self._store.next_number('ERP'):06d}"
        invoice.credited = self._invoices.credited_on(invoice.invoice_id)
        self._invoices.save(invoice)
        credited = self._invoices.find_by_id(invoice.credits) if invoice.credits else None
        if credited is not None:
            credited.credited = self._invoices.credited_on(credited.invoice_id)
            self._invoices.save(credited)
        return Answer(invoice.reference)

    def _compare(self, known: Invoice, invoice: Invoice) -> Answer:
        """The same document under another message is accepted if its amounts are the same."""
        if (known.total, known.number) != (invoice.total, invoice.number):
            detail = f"{known.number} is recorded as {known.reference} with other amounts."
            raise Refused(409, "issued_before", detail)
        return Answer(known.reference, outcome="known")

    def _record_payment(self, invoice: Invoice, paid: Decimal | None) -> Answer:
        """Record what was paid at the sender: ``paid`` in total, or the whole invoice."""
        known = self._invoices.find_by_id(invoice.invoice_id)
        if known is None:
            raise Refused(404, "unknown_invoice", f"{invoice.number} was never issued to us.")
        whole = known.total - known.credited
        known.paid = max(known.paid, whole if paid is None else paid)
        known.stepped_at = utc_now().timestamp()
        self._invoices.save(known)
        return Answer(known.reference)

    def _read(self, fields: Fields) -> Invoice:
        """Validate an invoice and compute our own amounts from its lines."""
        currency = fields.text("currency")
        totals = fields.object("totals")
        lines = [_read_line(line, currency) for line in fields.objects("lines")]
        detail = sum((line.net for line in lines), Decimal(0))
        net = _optional_money(totals, "pre_freight", currency, detail)
        freight = _optional_money(totals, "freight", currency, Decimal(0))
        tax = tax_of(lines, detail - net, currency, self._rounding)
        order = fields.object("order").text("number") if fields.has("order") else ""
        return Invoice(
            reference="",
            kind="credit memo" if fields.raw("kind") == "credit_note" else "invoice",
            invoice_id=fields.text("id"),
            number=fields.text("number"),
            order_number=order,
            account=fields.object("account").text("name"),
            currency=currency,
            issued_on=fields.day("issued_on").isoformat(),
            due_on=fields.day("due_on").isoformat() if fields.has("due_on") else "",
            net=net,
            tax=tax,
            total=net + freight + tax,
            sent_tax=totals.money("tax", currency),
            sent_total=totals.money("total", currency),
            paid=_settled(fields, currency),
            credits=fields.optional_text("credits"),
            lines=[_shown_line(line) for line in fields.objects("lines")],
            stepped_at=utc_now().timestamp(),
        )


def _read_line(fields: Fields, currency: str) -> TaxLine:
    fields.text("id")
    fields.decimal("quantity")
    rate = fields.decimal("tax_rate")
    if not 0 <= rate <= 1:
        raise Refused(422, "malformed", f"{fields.where('tax_rate')} must be from 0 to 1.")
    is_sold = fields.optional_text("kind") in {"", "product", "write_in"}
    return TaxLine(fields.money("net", currency), rate, is_sold)


def _shown_line(fields: Fields) -> dict[str, str]:
    names = ("sku", "description", "quantity", "tax_rate")
    return {name: fields.optional_text(name) for name in names} | {
        "net": fields.object("net").text("amount")
    }


def _settled(fields: Fields, currency: str) -> Decimal:
    """Add up what settles the invoice: money that was kept, the discount, a write-off."""

    def sum_of(names: tuple[str, ...]) -> Decimal:
        amounts = (_optional_money(fields, name, currency, Decimal(0)) for name in names)
        return sum(amounts, Decimal(0))

    return sum_of(SETTLES) - sum_of(GIVEN_BACK)


def _optional_money(fields: Fields, name: str, currency: str, default: Decimal) -> Decimal:
    return fields.money(name, currency) if fields.has(name) else default
