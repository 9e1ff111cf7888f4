"""Page of an invoice or a credit note, with the invoice of record beside it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_day, format_due, format_money, format_rate
from common.read_cache import cached_reads
from crm.models import User
from sales.models import Invoice, InvoiceLine, OrderLine
from sales.services.billing.surplus import Surplus, find_surplus
from sales.services.documents.tax_rates import tax_drift
from sales.services.documents.todays_figures import todays_figures
from web.chips.documents import credit_note_chip, invoice_chip, refund_chip
from web.display import Actions, Chip, Fact, Link
from web.pages.activity import activity_card
from web.pages.cards import Card
from web.pages.document_flow import document_flow, flow_steps
from web.pages.documents import (
    DocumentPage,
    common_facts,
    history_card,
    may_edit,
    no_edit_reason,
    read_events,
    subtitle,
    tax_notices,
)
from web.pages.integration import Integration, build_integration
from web.pages.invoice_actions import invoice_actions
from web.pages.invoice_parts import (
    OfficialInvoice,
    credit_notes_card,
    instalments_card,
    official_invoice,
)
from web.pages.lines import build_lines, drifts_of, read_lines
from web.pages.payments import payments_card
from web.pages.surplus import surplus_notices
from web.pages.todays_figures import todays_notices
from web.record_urls import record_url

RELATED = (
    "order__quote__company",
    "order__opportunity__stage",
    "order__opportunity__lead",
    "credits",
)
"""What an invoice's page reads along with the invoice, beside what every document's does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedInvoice:
    """The parts of the page that only an issued invoice has."""

    official: OfficialInvoice | None
    cards: Sequence[Card]
    """Instalments, payments and credit notes, where there are any."""
    integration: Integration


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePage(DocumentPage):
    """The page of an invoice: a draft without an order is edited on it."""

    issued: IssuedInvoice | None


@cached_reads()
def invoice_page(invoice: Invoice, user: User, *, problem: str = "") -> InvoicePage:
    """Read and format everything that the page of an invoice shows; 13 statements at most.

    Five more read the order's ledger for a down payment.
    """
    editable = may_edit(invoice, user)
    lines = read_lines(invoice)
    drifts = [] if invoice.takes_agreed_figures else drifts_of(invoice, lines)
    today = todays_figures(invoice, lines)
    customer_credit: Decimal = getattr(invoice, "customer_credit", Decimal(0))
    issued, surplus = _issued(invoice, customer_credit, user), _surplus(invoice)
    return InvoicePage(
        record=invoice,
        crumb=Link(gettext("Invoices"), reverse("sales:invoice-list")),
        heading=str(invoice),
        subtitle=subtitle(invoice),
        chips=[*invoice_chips(invoice), *_sync_chip(issued)],
        actions=Actions(invoice_actions(invoice, user, drifts, customer_credit, surplus)),
        problem=problem,
        locked=no_edit_reason(invoice) if invoice.is_draft else "",
        flow=flow_steps(document_flow(invoice), invoice, user),
        lines=build_lines(invoice, lines, drifts, editable=editable, seen=today.seen),
        issued=issued,
        notes=invoice.notes,
        notices=[*_tax_notices(invoice, lines), *surplus_notices(surplus)],
        todays=todays_notices(today),
        activity=activity_card(invoice, user),
        facts=_facts(invoice),
        history=history_card(read_events(invoice)),
    )


def _issued(invoice: Invoice, customer_credit: Decimal, user: User) -> IssuedInvoice | None:
    if invoice.number is None:
        return None
    cards = (
        instalments_card(invoice, invoice.company.today()),
        payments_card(invoice, customer_credit),
        credit_notes_card(invoice),
    )
    return IssuedInvoice(
        official=official_invoice(invoice),
        cards=[card for card in cards if card is not None],
        integration=build_integration(invoice, user),
    )


def invoice_chips(invoice: Invoice) -> list[Chip]:
    """Show whether it is paid, and whether it takes another one back."""
    if invoice.is_credit_note:
        return [credit_note_chip(), invoice_chip(invoice)]
    to_refund = [refund_chip(invoice)] if invoice.to_refund else []
    return [invoice_chip(invoice), *to_refund]


def _sync_chip(issued: IssuedInvoice | None) -> list[Chip]:
    sync = issued.integration.sync if issued is not None else None
    return [sync] if sync is not None else []


def _tax_notices(invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[str]:
    """Say which tax rates of an order are others by now, before it is billed at them."""
    if not (invoice.is_draft and invoice.bills_order) or invoice.is_credit_note:
        return []
    drifts = tax_drift(lines)
    in_part = _billed_elsewhere(lines) if drifts else set()
    take = gettext(
        "Tax was agreed at %(agreed)s and is %(today)s today: %(lines)s. "
        "To bill today's rate, delete this draft and take it in a change order."
    )
    add_rest = gettext(
        "Tax was agreed at %(agreed)s and is %(today)s today: %(lines)s. "
        "To bill today's rate, delete this draft first. What is billed in part keeps its rate: "
        "in a change order, reduce it to what is billed and add the rest as a new line, which "
        "takes today's rate."
    )
    return [
        *tax_notices((each for each in drifts if each.line_id not in in_part), take),
        *tax_notices((each for each in drifts if each.line_id in in_part), add_rest),
    ]


def _billed_elsewhere(lines: Sequence[InvoiceLine]) -> set[uuid.UUID]:
    """Return the lines whose order line is billed in part beside them."""
    billed = {line.order_line_id: line for line in lines if line.order_line_id}
    ordered = OrderLine.objects.filter(pk__in=billed)
    return {billed[each.pk].pk for each in ordered if each.billed > billed[each.pk].quantity}


def _surplus(invoice: Invoice) -> Surplus | None:
    """Find what of the order's down payments, this one among them, cannot be deducted any more."""
    if invoice.order is None or not invoice.asks_ahead or invoice.is_credit_note:
        return None
    return find_surplus(invoice.order)


def _facts(invoice: Invoice) -> list[Fact]:
    """List the facts of the page."""
    facts = common_facts(invoice)
    if invoice.origin:
        facts.insert(1, Fact(gettext("Issued by"), _issued_by(invoice)))
    if invoice.reason:
        facts.insert(1, Fact(gettext("Reason"), invoice.reason))
    if invoice.credits is not None:
        credited = Link(str(invoice.credits), record_url(invoice.credits))
        facts.insert(1, Fact(gettext("Credits"), credited))
    if invoice.order is not None:
        facts.insert(1, Fact(gettext("Order"), Link(str(invoice.order), record_url(invoice.order))))
    if invoice.issued_on:
        facts.insert(1, Fact(gettext("Issued"), format_day(invoice.issued_on)))
    if invoice.due_on:
        facts.insert(2, Fact(gettext("Due"), _due(invoice, invoice.due_on)))
    if invoice.early_payment_until:
        facts.insert(3, Fact(gettext("Early payment"), format_early_payment(invoice)))
    return facts


def _issued_by(invoice: Invoice) -> str:
    """Say whose number and figures they are, and where they are changed."""
    return gettext("“%(system)s”, with its number and its figures: they are changed there") % {
        "system": invoice.origin
    }


def _due(invoice: Invoice, due_on: dt.date) -> str:
    """Write the day on which the oldest open part is due."""
    next_due_on = invoice.next_due_on
    if next_due_on is None:
        return format_day(due_on)
    return f"{format_day(next_due_on)} · {format_due(next_due_on, invoice.company.today())}"


def format_early_payment(invoice: Invoice) -> str:
    """Write what may still be kept for paying early, or what was."""
    if invoice.discounted:
        kept = format_money(invoice.discounted, invoice.currency)
        return gettext("%(amount)s taken for paying early") % {"amount": kept}
    until = format_day(invoice.early_payment_until)
    offered = invoice.discount_on(invoice.company.today())
    if not offered:
        return gettext("%(rate)s until %(day)s, not taken") % {
            "rate": format_rate(invoice.early_payment_rate),
            "day": until,
        }
    return gettext("%(amount)s until %(day)s settles it, %(discount)s less") % {
        "amount": format_money(invoice.outstanding - offered, invoice.currency),
        "day": until,
        "discount": format_money(offered, invoice.currency),
    }


def signed_total(invoice: Invoice) -> Decimal:
    """Return what the document adds to what is owed: a credit note takes off."""
    total: Decimal = invoice.total
    return -total if invoice.is_credit_note else total
