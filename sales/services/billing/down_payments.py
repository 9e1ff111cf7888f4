"""Down payments: invoiced ahead of the goods, and deducted from later invoices."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext

from common.errors import IllegalTransition, MissingField
from common.formatting import decimals_rule, format_money
from common.identifiers import uuid7
from crm.actors import Actor
from sales.models import DocumentLine, Invoice, InvoiceLine, Order, OrderLine, SalesEvent
from sales.pricing.documents import TaxGroup
from sales.pricing.errors import AmountExceedsOpen, InvalidAmount, InvalidRate
from sales.pricing.money import Rounding, round_money
from sales.pricing.partial import deduction_part, down_payment
from sales.services.documents.copying import copy_head
from sales.services.errors import ConflictingFields, DownPaymentDeducted
from sales.services.events import record_event

ZERO = Decimal(0)
DOWN_PAYMENTS = (Invoice.What.DOWN_PAYMENT, Invoice.What.MILESTONE)


@dataclass(frozen=True, slots=True)
class Advance:
    """The down payments of an order at one tax rate, and how much of them is deducted."""

    asked: TaxGroup
    deducted: TaxGroup


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

    Later invoices of the order deduct it in proportion to what they bill; the one that completes
    the order deducts the rest.
    """
    order = Order.objects.select_for_update(of=("self",)).get(pk=order_id)
    if order.status != Order.Status.SUBMITTED:
        raise IllegalTransition(
            gettext("%(order)s is %(status)s: only submitted orders take a down payment.")
            % {"order": order, "status": order.get_status_display()}
        )
    wanted = _amount(order, amount, rate)
    lines = list(order.lines.select_for_update(of=("self",)))
    groups = down_payment(tax_groups(lines), wanted, order.currency, Rounding(order.rounding))
    invoice = _down_payment_invoice(order, what, wanted, groups)
    label = description.strip() or f"{Invoice.What(what).label} on {order.number}"
    InvoiceLine.objects.bulk_create(_lines(invoice, groups, label))
    record_event(
        SalesEvent.Type.INVOICE_DRAFTED,
        invoice,
        actor=actor,
        data={"order": str(order)},
        is_first=True,
    )
    return invoice


def _down_payment_invoice(
    order: Order, what: Invoice.What | str, total: Decimal, groups: Sequence[TaxGroup]
) -> Invoice:
    invoice = copy_head(
        order,
        Invoice,
        id=uuid7(),
        order=order,
        what=what,
        discount_amount=ZERO,
        discount_rate=ZERO,
        discount=ZERO,
        freight=ZERO,
        detail=sum((group.taxable for group in groups), ZERO),
        tax=sum((group.tax for group in groups), ZERO),
        total=total,
    )
    invoice.save(force_insert=True)
    return invoice


def deductions(
    invoice: Invoice,
    order: Order,
    *,
    billed_before: Mapping[Decimal, Decimal],
    billed_now: Mapping[Decimal, Decimal],
    ordered: Mapping[Decimal, Decimal],
    first_position: int,
) -> list[InvoiceLine]:
    """Make the lines that deduct earlier down payments from an invoice, one per tax rate.

    Taxable amounts come by tax rate: billed by earlier invoices, by this one, and ordered.
    """
    groups = []
    for rate, advance in advances(order).items():
        now = billed_now.get(rate, ZERO)
        if not now or not ordered.get(rate):
            continue
        groups.append(
            deduction_part(
                advance.asked,
                advance.deducted,
                billed=billed_before.get(rate, ZERO) + now,
                ordered=ordered[rate],
                currency=order.currency,
                rounding=Rounding(order.rounding),
            )
        )
    groups = [group for group in groups if group.taxable or group.tax]
    return _lines(invoice, groups, "Down payment deducted", first_position=first_position)


def advances(order: Order) -> dict[Decimal, Advance]:
    """Sum the order's issued and drafted down payments by tax rate."""
    rows = (
        InvoiceLine.objects.filter(invoice__order=order, kind=DocumentLine.Kind.DOWN_PAYMENT)
        .values("tax_rate", "invoice__kind", "invoice__what")
        .annotate(net=Sum("net"), tax_sum=Sum("tax"))
        .order_by("tax_rate")
    )
    asked: dict[Decimal, tuple[Decimal, Decimal]] = {}
    taken: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for row in rows:
        is_credit = row["invoice__kind"] == Invoice.Kind.CREDIT_NOTE
        side = asked if row["invoice__what"] in DOWN_PAYMENTS else taken
        sign = -1 if is_credit else 1
        net, tax = side.get(row["tax_rate"], (ZERO, ZERO))
        side[row["tax_rate"]] = (net + sign * row["net"], tax + sign * row["tax_sum"])
    none = (ZERO, ZERO)
    return {
        rate: Advance(TaxGroup(rate, *asked.get(rate, none)), _negated(rate, taken.get(rate, none)))
        for rate in {**asked, **taken}
    }


def refuse_overdrawn(order: Order) -> None:
    """Refuse to credit or delete a down payment that other invoices have deducted."""
    for advance in advances(order).values():
        if advance.deducted.taxable > advance.asked.taxable:
            raise DownPaymentDeducted(
                gettext(
                    "A down payment of %(order)s is deducted on a later invoice already: "
                    "credit or delete that invoice first."
                )
                % {"order": order}
            )


def tax_groups(lines: Iterable[OrderLine]) -> list[TaxGroup]:
    """Sum an order's lines by tax rate."""
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for line in lines:
        if not line.counts or line.tax_rate is None:
            continue
        taxable, tax = sums.get(line.tax_rate, (ZERO, ZERO))
        sums[line.tax_rate] = (taxable + line.net - line.header_discount, tax + line.tax)
    return [TaxGroup(rate, taxable, tax) for rate, (taxable, tax) in sorted(sums.items())]


def _negated(rate: Decimal, sums: tuple[Decimal, Decimal]) -> TaxGroup:
    return TaxGroup(rate, -sums[0], -sums[1])


def _amount(order: Order, amount: Decimal | None, rate: Decimal | None) -> Decimal:
    rounding = Rounding(order.rounding)
    if amount is None and rate is not None:
        if not 0 < rate <= 1:
            raise InvalidRate(gettext("Give a percentage above 0 and up to 100."), field="rate")
        amount = round_money(order.total * rate, order.currency, rounding)
    elif amount is None:
        raise MissingField(
            gettext("Give an amount or a percentage for the down payment."), field="amount"
        )
    elif rate is not None:
        raise ConflictingFields(
            gettext("Give an amount or a percentage for the down payment, not both."),
            field="amount",
        )
    if amount <= 0:
        raise InvalidAmount(gettext("Give an amount above zero."), field="amount")
    if amount != round_money(amount, order.currency, rounding):
        raise InvalidAmount(decimals_rule(order.currency), field="amount")
    left = order.total - order.freight - _invoiced(order)
    if amount > left:
        raise AmountExceedsOpen(
            gettext("%(order)s has %(left)s left to ask for.")
            % {"order": order, "left": format_money(left, order.currency)},
            field="amount",
        )
    return amount


def _invoiced(order: Order) -> Decimal:
    """Sum invoices and drafts of the order, less credits, without freight."""
    rows = order.invoices.values("kind").annotate(sum=Sum("total"), freight_sum=Sum("freight"))
    total = ZERO
    for row in rows.order_by():
        sign = -1 if row["kind"] == Invoice.Kind.CREDIT_NOTE else 1
        total += sign * (row["sum"] - row["freight_sum"])
    return total


def _lines(
    invoice: Invoice,
    groups: Sequence[TaxGroup],
    description: str,
    *,
    first_position: int = 1,
) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            id=uuid7(),
            invoice=invoice,
            position=first_position + place,
            kind=DocumentLine.Kind.DOWN_PAYMENT,
            description=description,
            quantity=Decimal(1),
            unit_price=group.taxable,
            price_source=DocumentLine.PriceSource.TYPED,
            tax_rate=group.rate,
            tax_rate_is_typed=True,
            base=group.taxable,
            net=group.taxable,
            tax=group.tax,
            gross=group.taxable + group.tax,
        )
        for place, group in enumerate(groups)
    ]
