"""Figures of a changed order: what is billed keeps its own, to the cent."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext

from common.formatting import format_money, format_quantity
from common.rows import save_columns
from sales.models import Invoice, InvoiceLine, Order, OrderLine
from sales.pricing.changed_lines import ChangedLine, agree
from sales.pricing.deduction_lines import DeductionLine
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine
from sales.pricing.money import EXACT, from_units
from sales.pricing.partial import ROUNDED_UNITS
from sales.pricing.promotions import BilledPromotion
from sales.services.billing.deductions import refuse_less_than_taken
from sales.services.billing.down_payments import join_names
from sales.services.billing.ledgers import amounts_of, put_amounts
from sales.services.documents.totals import LINE_FIGURES
from sales.services.errors import AlreadyBilled, NothingToPrice
from sales.services.prices.pricing_input import terms_of

ZERO, ONE = Decimal(0), Decimal(1)


def agree_figures(
    lines: Sequence[OrderLine], ledger: Ledger, repriced: Collection[uuid.UUID]
) -> None:
    """Keep the figures of what is billed, to the cent; refuse other prices for it."""
    known: dict[str, LedgerLine | DeductionLine] = {
        **{line.key: line for line in ledger.lines},
        **{line.key: line for line in ledger.deduction_lines},
    }
    counting = [line for line in lines if line.counts]
    for line in counting:
        if line.pk in repriced and str(line.pk) in known:
            _refuse_other_price(line, known[str(line.pk)], ledger.currency)
        before = known.get(str(line.pk))
        if isinstance(before, LedgerLine) and before.units.billed:
            _refuse_less_than_billed(line, before, ledger.currency)
    changed = [
        ChangedLine(
            line.tax_rate or ZERO,
            line.wanted_quantity,
            amounts_of(line),
            known.get(str(line.pk)),
            is_deduction=line.is_deduction,
            is_changed=line.pk in repriced,
        )
        for line in counting
    ]
    agreed = agree(changed, ledger.currency, ledger.rounding)
    for line, amounts in zip(counting, agreed, strict=True):
        put_amounts(line, amounts)
    save_columns(lines, ["promotion_discount", *LINE_FIGURES])


def billed_promotions(lines: Sequence[OrderLine], ledger: Ledger) -> dict[str, BilledPromotion]:
    """Return what codes took off of what is billed of each line, before its new quantity."""
    known = {line.key: line for line in ledger.lines}
    billed = {}
    for line in lines:
        before = known.get(str(line.pk))
        if before is None or not line.counts:
            continue
        kept = before.settled_at(line.wanted_quantity)
        if kept is not None:
            billed[before.key] = BilledPromotion(kept.promotion, is_all=True)
        elif before.units.billed:
            part = EXACT.divide(before.units.billed, line.wanted_quantity)
            billed[before.key] = BilledPromotion(before.billed.promotion, part)
    return billed


def put_typed_amounts(order: Order, line: OrderLine) -> None:
    """Type amounts for the whole line that come to its figures, where such amounts were typed.

    Priced again, a line that was closed in part keeps what is left of its discount and charge.
    """
    terms = terms_of(order)
    factor = 1 + (line.tax_rate or ZERO) if terms.prices_include_tax else ONE
    if line.discount_amount and not terms.per_unit_discount:
        left = terms.round(line.discount * factor) - terms.round(line.promotion_discount)
        line.discount_amount = max(ZERO, left) or None
    line.charge_amount = terms.round(line.charge * factor)


def refuse_other_charge(
    order: Order, line: OrderLine, fields: Mapping[str, object], ledger: Ledger
) -> None:
    """Refuse a charge below what is billed of it, and any other once all of the line is billed."""
    charge = fields.get("charge_amount", line.charge_amount)
    if charge == line.charge_amount or not ledger.is_billed(str(line.pk)):
        return
    known, terms = ledger.line(str(line.pk)), terms_of(order)
    factor = 1 + known.rate if terms.prices_include_tax else ONE
    least = terms.round(known.billed.charge * factor)
    if known.units.open_to_bill and isinstance(charge, Decimal) and charge >= least:
        return
    raise AlreadyBilled(
        gettext(
            "%(billed)s of the charge of %(line)s are billed: charge no less, and no more once all "
            "of it is billed, or credit the invoice first."
        )
        % {"billed": format_money(least, order.currency), "line": line.description},
        line=str(line.pk),
        field="charge_amount",
    )


def _refuse_other_price(line: OrderLine, agreed: LedgerLine | DeductionLine, currency: str) -> None:
    """Refuse another price or discount of a line of which a part is billed, or nothing is left.

    A rest that can be priced anew is a line of its own by then.
    """
    if isinstance(agreed, DeductionLine):
        refuse_less_than_taken(line, agreed, currency)
        return
    if amounts_of(line).figures == agreed.agreed.figures:
        return
    if not agreed.units.billed and agreed.units.gone and not agreed.units.open_to_bill:
        raise NothingToPrice(
            gettext(
                "All of %(line)s came back and is never billed: nothing of it is left to price. "
                "Raise its quantity, or add a line at the new price."
            )
            % {"line": line.description},
            line=str(line.pk),
        )
    if agreed.units.billed:
        raise AlreadyBilled(
            gettext(
                "All of %(line)s is shipped or billed, and keeps its price: "
                "to change that, credit the invoice first."
            )
            % {"line": line.description},
            line=str(line.pk),
        )


def _refuse_less_than_billed(line: OrderLine, agreed: LedgerLine, currency: str) -> None:
    """Refuse a quantity at which a line comes to less than is billed of fewer units.

    That is so where a discount of the whole line is more than what the other units cost.
    """
    if agreed.settled_at(line.wanted_quantity) is not None:
        return
    if agreed.billed.net - line.net <= from_units(ROUNDED_UNITS, currency):
        return
    billing = InvoiceLine.objects.filter(order_line=line, invoice__kind=Invoice.Kind.INVOICE)
    invoices = Invoice.objects.filter(pk__in=billing.values("invoice")).order_by("id")
    issued = [invoice for invoice in invoices if not invoice.is_draft]
    raise AlreadyBilled(
        gettext(
            "%(line)s: %(quantity)s come to %(net)s with their discount, but %(units)s of them are "
            "billed for %(billed)s: give less discount, or credit %(invoices)s first."
        )
        % {
            "line": line.description,
            "quantity": format_quantity(line.wanted_quantity),
            "net": format_money(line.net, currency),
            "units": format_quantity(agreed.units.billed),
            "billed": format_money(agreed.billed.net, currency),
            "invoices": join_names(issued) or gettext("the draft invoice"),
        },
        line=str(line.pk),
        field="quantity",
    )
