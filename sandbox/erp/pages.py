"""HTML of the ERP's page."""

from __future__ import annotations

from decimal import Decimal
from html import escape

from sandbox.erp.records import Invoice
from sandbox.json_fields import Money
from sandbox.pages import button, table

BUTTON_LABELS = {"post": "Post", "pay": "Take payment"}


def invoice_card(invoice: Invoice) -> str:
    """Render an invoice with the sent and computed amounts and the button of its next action."""
    ours = f"{invoice.reference}, " if invoice.official_number else ""
    heading = invoice.official_number or invoice.reference
    order = f" for {escape(invoice.order_number)}" if invoice.order_number else ""
    return (
        f'<article class="card" id="{invoice.reference}"><div class="top">'
        f"<h3>{escape(heading)}</h3>"
        f"<span>{ours}{invoice.kind} {escape(invoice.number)}{order}</span>"
        f'<span class="chip">{invoice.state}</span>'
        f'<span class="soft">{escape(invoice.account)}</span></div>'
        f"{_amounts(invoice)}{_payment(invoice)}{_form(invoice)}</article>"
    )


def _amounts(invoice: Invoice) -> str:
    rows = [
        ("Sent by Throughline", *_figures(invoice, invoice.sent_tax, invoice.sent_total)),
        ("Computed here", *_figures(invoice, invoice.tax, invoice.total)),
    ]
    differs = '<p class="bad">The two differ.</p>' if invoice.differs else ""
    return table(f"Amounts of {invoice.reference}", ["Amounts", "#Tax", "#Total"], rows) + differs


def _figures(invoice: Invoice, *amounts: Decimal) -> tuple[str, ...]:
    texts = (Money(amount, invoice.currency).as_json()["amount"] for amount in amounts)
    return tuple(f"{text} {escape(invoice.currency)}" for text in texts)


def _payment(invoice: Invoice) -> str:
    parts = []
    if invoice.credited:
        parts.append(f"Credited {_figures(invoice, invoice.credited)[0]}.")
    if invoice.paid:
        with_ = f" with {escape(invoice.payment_ref)}" if invoice.payment_ref else ""
        parts.append(f"Paid {_figures(invoice, invoice.paid)[0]}{with_}.")
    return f"<p>{' '.join(parts)}</p>" if parts else ""


def _form(invoice: Invoice) -> str:
    action = invoice.next_action
    if not action:
        return ""
    submit = button(BUTTON_LABELS[action], next_=True, key=f"{action}-{invoice.reference}")
    return (
        f'<form method="post" action="/invoices/{invoice.reference}/{action}">'
        f'<div class="buttons">{submit}</div></form>'
    )
