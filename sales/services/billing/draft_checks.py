"""Checks of drafts: one is issued only as far as the ledger of its order is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext, ngettext

from common.formatting import format_money, format_quantity
from sales.models import Invoice, InvoiceLine, Order
from sales.pricing.advances import TaxAmount
from sales.pricing.errors import QuantityExceedsOpen
from sales.pricing.ledger import Ledger
from sales.pricing.partial import Portion
from sales.services.billing.down_payments import draft_down_payments, join_amounts
from sales.services.billing.ledgers import amounts_of, read_ledger
from sales.services.errors import DownPaymentNotIssued


def refuse_overbilling_draft(order: Order, invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """Refuse to issue a draft that its order, as it is by now, has no room for.

    A down payment asks for no more than invoices can deduct; an invoice bills no more than is open
    without the drafts, and deducts nothing that only draft down payments ask for.
    """
    ledger, ahead = read_ledger(order), _ahead(lines)
    if invoice.asks_ahead:
        ledger.refuse_surplus(ahead)
        return
    _refuse_beyond_open(ledger, lines, invoice.currency)
    if ledger.deducts_drafts({rate: -amount for rate, amount in ahead.items()}):
        raise _not_issued(order)


def portions_of(lines: Sequence[InvoiceLine]) -> dict[str, Portion]:
    """Return what an invoice bills, by the keys of the order's lines."""
    return {
        str(line.order_line_id): Portion(line.quantity, amounts_of(line))
        for line in lines
        if line.bills_units
    }


def _ahead(lines: Sequence[InvoiceLine]) -> dict[Decimal | None, TaxAmount]:
    """Return what a draft asks ahead or deducts, per tax rate, and under None for freight."""
    ahead: dict[Decimal | None, TaxAmount] = {}
    for line in lines:
        if line.is_ahead:
            known = ahead.get(line.tax_rate, TaxAmount())
            ahead[line.tax_rate] = known + TaxAmount(line.net, line.tax)
    return ahead


def _refuse_beyond_open(ledger: Ledger, lines: Sequence[InvoiceLine], currency: str) -> None:
    """Refuse a draft that bills more of a line than is open; names each, with its amounts."""
    draft = portions_of(lines)
    beyond = ledger.beyond_open(draft)
    if not beyond:
        return
    sentence = gettext(
        "This draft bills more than is open by now: %(lines)s. "
        "Delete the draft, and invoice the order anew."
    )
    if not any(line.units.open_to_issue for line in ledger.lines):
        sentence = gettext("This draft bills more than is open by now: %(lines)s. Delete it.")
    names = {str(line.order_line_id): line.description for line in lines if line.bills_units}
    each = [_beyond(names[key], draft[key], left, currency) for key, left in beyond.items()]
    raise QuantityExceedsOpen(sentence % {"lines": "; ".join(each)})


def _beyond(name: str, billed: Portion, left: Portion, currency: str) -> str:
    words = gettext("%(line)s %(billed)s for %(amount)s, of which %(left)s for %(rest)s are open")
    return words % {
        "line": name,
        **_named(billed, currency, "billed", "amount"),
        **_named(left, currency, "left", "rest"),
    }


def _named(portion: Portion, currency: str, quantity: str, amount: str) -> Mapping[str, str]:
    gross = TaxAmount.of(portion.amounts).gross
    return {quantity: format_quantity(portion.quantity), amount: format_money(gross, currency)}


def _not_issued(order: Order) -> DownPaymentNotIssued:
    drafts = draft_down_payments(order)
    sentence = ngettext(
        "This invoice deducts a down payment that is not issued. Issue the draft down payment "
        "of %(amounts)s first, or delete this draft and then the down payment.",
        "This invoice deducts down payments that are not issued. Issue the draft down payments "
        "of %(amounts)s first, or delete this draft and then the down payments.",
        len(drafts),
    )
    return DownPaymentNotIssued(sentence % {"amounts": join_amounts(drafts)}, drafts)
