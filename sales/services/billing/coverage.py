"""Coverage of down payments: an order may not come to less than was asked for ahead of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext

from sales.models import Invoice, InvoiceLine, Order
from sales.pricing.advances import NO_ADVANCE, Advance, TaxAmount
from sales.pricing.ledger import Ledger
from sales.services.billing.down_payments import (
    draft_down_payments,
    join_amounts,
    join_names,
    open_down_payments,
)
from sales.services.errors import BelowBilled

Asked = Mapping[Decimal | None, TaxAmount]
"""What one down payment asks for per tax rate, and under None for freight."""


def refuse_uncovered(order: Order, before: Ledger, after: Ledger) -> None:
    """Refuse a change that takes an order under what was asked for ahead, in all or at a rate.

    Names the down payments to credit, and the drafts to delete: no more than suffices.
    """
    if not after.falls_short_of(before):
        return
    least = _least(order, before, after)
    to_credit = [invoice for invoice in least if not invoice.is_draft]
    drafts = [invoice for invoice in least if invoice.is_draft]
    sentence = gettext(
        "%(order)s would come to less than was asked for ahead: credit %(to_credit)s first."
    )
    if to_credit and drafts:
        sentence = gettext(
            "%(order)s would come to less than was asked for ahead: "
            "credit %(to_credit)s first, and delete the draft of %(drafts)s."
        )
    elif drafts:
        sentence = gettext(
            "%(order)s would come to less than was asked for ahead: "
            "delete the draft of %(drafts)s first."
        )
    named = {"order": order, "to_credit": join_names(to_credit), "drafts": join_amounts(drafts)}
    raise BelowBilled(sentence % named, to_credit, drafts)


def _least(order: Order, before: Ledger, after: Ledger) -> list[Invoice]:
    """Choose what to take back: one that suffices if there is one, drafts and the last ones first.

    All of them, in the order they were made, if not even all suffice.
    """
    every = [*open_down_payments(order), *draft_down_payments(order)]
    asked = _asked(every)
    candidates = every[::-1]

    def suffices(chosen: Sequence[Invoice]) -> bool:
        return not _without(after, [asked[each] for each in chosen]).falls_short_of(before)

    single = next((each for each in candidates if suffices([each])), None)
    if single is not None:
        return [single]
    chosen: list[Invoice] = []
    for each in candidates:
        chosen.append(each)
        if suffices(chosen):
            break
    needed = list(chosen)
    for each in chosen:
        rest = [other for other in needed if other != each]
        if suffices(rest):
            needed = rest
    return [each for each in every if each in needed]


def _asked(invoices: Sequence[Invoice]) -> dict[Invoice, Asked]:
    """Read what each asks for and is not credited, in one statement."""
    by_pk = {invoice.pk: invoice for invoice in invoices}
    lines = InvoiceLine.objects.filter(Q(invoice__in=by_pk) | Q(invoice__credits__in=by_pk))
    rows = lines.values_list("invoice", "invoice__credits", "tax_rate", "kind", "net", "tax")
    asked: dict[Invoice, defaultdict[Decimal | None, TaxAmount]] = {
        invoice: defaultdict(TaxAmount) for invoice in invoices
    }
    for pk, credits_, rate, kind, net, tax in rows:
        amount = TaxAmount(net, tax)
        key = None if kind == InvoiceLine.Kind.FREIGHT else rate or Decimal(0)
        asked[by_pk[credits_ or pk]][key] += -amount if credits_ else amount
    return {invoice: dict(amounts) for invoice, amounts in asked.items()}


def _without(ledger: Ledger, taken_back: Sequence[Asked]) -> Ledger:
    """Return the ledger once down payments are taken back, as far as nothing deducts them."""
    advances, freight = dict(ledger.advances), ledger.freight_advance
    for asked in taken_back:
        for rate, amount in asked.items():
            if rate is None:
                freight = _less(freight, amount)
            else:
                advances[rate] = _less(advances.get(rate, NO_ADVANCE), amount)
    return replace(ledger, advances=advances, freight_advance=freight)


def _less(advance: Advance, amount: TaxAmount) -> Advance:
    return replace(advance, asked=advance.asked - amount.within(advance.open))
