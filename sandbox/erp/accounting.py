"""Accounting: posting invoices and recording payments, each with its report."""

from __future__ import annotations

from dataclasses import replace

from sandbox.cloudevents import utc_now
from sandbox.erp.records import Invoice, Invoices
from sandbox.errors import Refused
from sandbox.outgoing import Outgoing
from sandbox.store import Store

SERIES = {"invoice": "SI", "credit memo": "SC"}


class Accounting:
    """Posts documents and records payments."""

    def __init__(self, store: Store, outgoing: Outgoing) -> None:
        self._store = store
        self._outgoing = outgoing
        self._invoices = Invoices(store)

    def post(self, reference: str) -> Invoice:
        """Assign a document its official number, without gaps per series and year."""
        with self._store.transaction():
            invoice = self._invoices.get(reference)
            if invoice.official_number:
                detail = f"{reference} is posted already as {invoice.official_number}."
                raise Refused(409, "nothing_to_do", detail)
            return self._post(invoice)

    def _post(self, invoice: Invoice) -> Invoice:
        series = f"{SERIES[invoice.kind]}-{invoice.issued_on[:4]}"
        number = f"{series}-{self._store.next_number(series):06d}"
        posted = replace(invoice, official_number=number)
        self._save(posted)
        data = {
            "invoice": posted.number,
            "official_number": number,
            "status": "posted",
            "issued_on": posted.issued_on,
            "tax": posted.money(posted.tax),
            "total": posted.money(posted.total),
        }
        self._outgoing.report("erp.invoice.posted", posted.number, data)
        return posted

    def pay(self, reference: str) -> Invoice:
        """Record the payment of the outstanding amount of a posted invoice."""
        with self._store.transaction():
            invoice = self._invoices.get(reference)
            if invoice.next_action != "pay":
                detail = f"{reference} is a {invoice.state} {invoice.kind}; nothing is outstanding."
                raise Refused(409, "nothing_to_pay", detail)
            return self._pay(invoice)

    def _pay(self, invoice: Invoice) -> Invoice:
        payment_ref = f"PAY-{self._store.next_number('PAY'):06d}"
        amount = invoice.outstanding
        paid = replace(invoice, paid=invoice.paid + amount, payment_ref=payment_ref)
        self._save(paid)
        data = {
            "invoice": paid.number,
            "official_number": paid.official_number,
            "status": "paid",
            "payment_ref": payment_ref,
            "amount": paid.money(amount),
            # The sender's day may have begun before ours, which is UTC's.
            "paid_on": max(utc_now().date().isoformat(), paid.issued_on),
        }
        self._outgoing.report("erp.invoice.paid", paid.number, data)
        return paid

    def _save(self, invoice: Invoice) -> None:
        invoice.stepped_at = utc_now().timestamp()
        self._invoices.save(invoice)
