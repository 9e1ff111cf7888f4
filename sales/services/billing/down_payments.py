"""Down payments: invoiced ahead of the goods, and deducted from later invoices."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from common.formatting import format_money
from common.identifiers import uuid7
from crm.actors import Actor
from sales.models import DocumentLine, Invoice, InvoiceLine, Order, SalesEvent
from sales.pricing.advances import TaxAmount
from sales.pricing.errors import ConflictingFields
from sales.pricing.ledger import Ledger
from sales.pricing.next_documents import NextDownPayment, NextInvoice
from sales.pricing.partial import Amounts
from sales.pricing.quantities import SMALLEST_QUANTITY, round_up
from sales.pricing.rates import check_share
from sales.services.billing.ledgers import put_amounts, read_ledger
from sales.services.documents.copying import copy_head
from sales.services.documents.duties import refuse_if_billed_elsewhere
from sales.services.documents.locks import lock_order
from sales.services.documents.typed_figures import check_amount
from sales.services.errors import (
    BelowBilled,
    DownPaymentDeducted,
)
from sales.services.events import record_event

ZERO = Decimal(0)


@transaction.atomic
def invoice_down_payment(
    order_id: uuid.UUID,
    *,
    actor: Actor,
    amount: Decimal | None = None,
    rate: Decimal | None = None,
    what: Invoice.What | str = Invoice.What.DOWN_PAYMENT,
    description: str = "",
) -> Invoice:
    """Draft a down payment of an amount, tax included, or of a fraction of an order.

    Fractions are cumulative: those of an order that add up to 1 ask for exactly its total. Later
    invoices deduct what was asked in proportion to what they bill.
    """
    order = lock_order(order_id)
    if not order.is_submitted:
        raise IllegalTransition(
            gettext(
                "%(order)s is %(status)s: only submitted orders take a down payment. "
                "Submit it if it is a draft, or choose another order."
            )
            % {"order": order, "status": order.status_word}
        )
    refuse_if_billed_elsewhere(order.company, actor)
    ledger = read_ledger(order)
    asked = ledger.down_payment(_amount(order, ledger, amount, rate))
    invoice, lines = draft_down_payment(order, what, rate, asked, description.strip())
    invoice.save(force_insert=True)
    InvoiceLine.objects.bulk_create(lines)
    record_event(
        SalesEvent.Type.INVOICE_DRAFTED,
        invoice,
        actor=actor,
        data={"order": str(order)},
        is_first=True,
    )
    return invoice


def invoice_deposit(order: Order, *, actor: Actor, rate: Decimal) -> Invoice | None:
    """Draft the down payment of the payment terms; an order of almost nothing needs none."""
    if not share_of(order, read_ledger(order), rate):
        return None
    return invoice_down_payment(order.pk, actor=actor, rate=rate)


def deduction_lines(invoice: Invoice, part: NextInvoice, *, position: int) -> list[InvoiceLine]:
    """Make the lines that deduct earlier down payments from an invoice, one per tax rate."""
    lines = [
        _line(invoice, gettext("Down payment deducted"), rate, -amount)
        for rate, amount in part.deductions.items()
    ]
    if part.freight_deduction:
        deducted = TaxAmount(-part.freight_deduction)
        lines.append(_line(invoice, gettext("Down payment on freight deducted"), None, deducted))
    return _numbered(lines, position)


def keep_deducted(order: Order, lines: Sequence[InvoiceLine]) -> list[InvoiceLine]:
    """Limit the lines that credit a down payment to what later invoices have not deducted.

    A draft of another down payment does not make up for it: issued deductions stay asked for.
    """
    ledger = read_ledger(order)
    kept = []
    for line in lines:
        whole, amount = line.quantity, TaxAmount(line.net, line.tax)
        limited = amount.within(ledger.open_ahead(line.tax_rate))
        if not limited:
            continue
        if limited != amount:
            part = round_up(whole * _share_of(limited, amount), SMALLEST_QUANTITY)
            line.quantity = max(SMALLEST_QUANTITY, min(part, whole - SMALLEST_QUANTITY))
            put_amounts(line, Amounts(limited.taxable, tax=limited.tax))
        kept.append(line)
    if not kept:
        raise _deducted(order)
    return kept


def _share_of(part: TaxAmount, whole: TaxAmount) -> Decimal:
    """Return the least share of an amount that has both figures of a part of it."""
    pairs = ((part.taxable, whole.taxable), (part.tax, whole.tax))
    return max(each / all_of_it for each, all_of_it in pairs if all_of_it)


def _deducted(order: Order) -> DownPaymentDeducted:
    return DownPaymentDeducted(
        gettext(
            "A down payment of %(order)s is deducted on a later invoice already: "
            "credit or delete that invoice first."
        )
        % {"order": order}
    )


def refuse_overdrawn(order: Order) -> None:
    """Refuse to delete a down payment that other invoices have deducted."""
    if read_ledger(order).is_overdrawn:
        raise _deducted(order)


def draft_down_payment(
    order: Order,
    what: Invoice.What | str,
    rate: Decimal | None,
    asked: NextDownPayment,
    description: str = "",
) -> tuple[Invoice, list[InvoiceLine]]:
    """Make the unsaved head and lines of what is asked for ahead."""
    groups = asked.groups.values()
    invoice = copy_head(
        order,
        Invoice,
        id=uuid7(),
        order=order,
        what=what,
        share_rate=rate,
        discount_amount=ZERO,
        discount_rate=ZERO,
        discount=ZERO,
        freight=ZERO,
        detail=sum((group.taxable for group in groups), asked.freight),
        tax=sum((group.tax for group in groups), ZERO),
        total=asked.total,
    )
    names = {"what": Invoice.What(what).label, "order": str(order)}
    label = description or gettext("%(what)s on %(order)s") % names
    lines = [_line(invoice, label, rate, group) for rate, group in asked.groups.items()]
    if asked.freight:
        freight = gettext("%(what)s on the freight of %(order)s") % names
        lines.append(_line(invoice, freight, None, TaxAmount(asked.freight)))
    return invoice, _numbered(lines, 1)


def _line(
    invoice: Invoice, description: str, rate: Decimal | None, amount: TaxAmount
) -> InvoiceLine:
    """Make a line of a tax rate, or of freight, which is not taxed."""
    kind = DocumentLine.Kind.FREIGHT if rate is None else DocumentLine.Kind.DOWN_PAYMENT
    return InvoiceLine(
        id=uuid7(),
        invoice=invoice,
        kind=kind,
        description=description,
        quantity=Decimal(1),
        unit_price=amount.taxable,
        price_source=DocumentLine.PriceSource.TYPED,
        tax_rate=rate,
        tax_rate_is_typed=True,
        base=amount.taxable,
        net=amount.taxable,
        tax=amount.tax,
        gross=amount.gross,
    )


def _numbered(lines: list[InvoiceLine], first: int) -> list[InvoiceLine]:
    for position, line in enumerate(lines, first):
        line.position = position
    return lines


def _amount(order: Order, ledger: Ledger, amount: Decimal | None, rate: Decimal | None) -> Decimal:
    """Return what is asked for: the typed amount, or what the share comes to."""
    if amount is not None and rate is not None:
        raise ConflictingFields(
            gettext("Give an amount or a percentage for the down payment, not both."),
            field="amount",
        )
    if amount is None and rate is None:
        raise MissingField(
            gettext("Give an amount or a percentage for the down payment."), field="amount"
        )
    if rate is not None:
        check_share(rate, "rate")
        return share_of(order, ledger, rate)
    wanted = amount or ZERO
    check_amount(wanted, order.currency, "amount")
    return wanted


def share_of(
    order: Order, ledger: Ledger, rate: Decimal, *, before: Invoice | None = None
) -> Decimal:
    """Return what a share of the order comes to, after the shares asked for before.

    A down payment that is credited in part counts for the part that is left of it. ``before`` is
    the down payment that asks for the share, if it is drafted already.
    """
    shares = asked = ZERO
    for share, total, credited in _shares_before(order, before):
        kept = total - credited
        shares += share * kept / total
        asked += kept
    return ledger.share(rate, shares_before=shares, asked_before=asked)


def _shares_before(order: Order, before: Invoice | None) -> list[tuple[Decimal, Decimal, Decimal]]:
    """Return share, total and what is credited of each down payment that asked for a share."""
    asked = order.invoices.filter(
        kind=Invoice.Kind.INVOICE, what__in=Invoice.AHEAD, share_rate__isnull=False, total__gt=0
    )
    if before is not None:
        asked = asked.filter(pk__lt=before.pk)
    return list(asked.values_list("share_rate", "total", "credited"))


def open_down_payments(order: Order) -> list[Invoice]:
    """Return the issued down payments of an order that are not credited in full."""
    return list(
        order.invoices.filter(
            kind=Invoice.Kind.INVOICE, what__in=Invoice.AHEAD, number__isnull=False
        )
        .filter(credited__lt=F("total"))
        .order_by("id")
    )


def draft_down_payments(order: Order) -> list[Invoice]:
    """Return the down payments of an order that are not issued."""
    return list(
        order.invoices.filter(what__in=Invoice.AHEAD, status=Invoice.Status.DRAFT).order_by("id")
    )


def refuse_while_asked_ahead(order: Order) -> None:
    """Refuse to cancel an order whose issued down payments are not credited in full."""
    if to_credit := open_down_payments(order):
        raise BelowBilled(
            gettext("%(invoices)s asks for a down payment on %(order)s: credit it first.")
            % {"order": order, "invoices": join_names(to_credit)},
            to_credit,
        )


def join_amounts(drafts: Sequence[Invoice]) -> str:
    """Return what drafts come to in one line; they have no numbers."""
    return ", ".join(format_money(draft.total, draft.currency) for draft in drafts)


def join_names(invoices: Sequence[Invoice]) -> str:
    """Return the numbers of invoices in one line."""
    return ", ".join(str(invoice) for invoice in invoices)
