"""Least quantities of order lines: what is shipped or billed stays ordered."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext

from common.formatting import format_quantity
from sales.models import Invoice, Order, OrderLine
from sales.services.billing.down_payments import join_amounts
from sales.services.errors import QuantityBelowDone


def refuse_below_done(line: OrderLine, done_quantities: Mapping[uuid.UUID, Decimal]) -> None:
    """Refuse a quantity below what was shipped or billed before a change of the order.

    `done_quantities` are these quantities by line.
    """
    done = done_quantities[line.pk]
    if line.quantity >= done:
        return
    sentence = gettext(
        "%(line)s: %(done)s are shipped or billed, so %(quantity)s is too few: "
        "give %(done)s at least, and return or credit what is not wanted any more."
    )
    drafts = _drafts_in_the_way(line)
    if drafts:
        sentence = gettext(
            "%(line)s: %(done)s are shipped, billed or on a draft, so %(quantity)s is too few: "
            "delete the draft of %(drafts)s first."
        )
    named = {
        "line": line.description,
        "done": format_quantity(done),
        "quantity": format_quantity(line.quantity),
        "drafts": join_amounts(drafts),
    }
    raise QuantityBelowDone(sentence % named, line=str(line.pk), drafts=drafts)


def nothing_to_close(order: Order, lines: Sequence[OrderLine]) -> str:
    """Say why nothing of an order can be closed, and what to do about what is still to ship."""
    line = next((each for each in lines if each.counts and each.open_to_ship), None)
    if line is None:
        return gettext(
            "Nothing is left to close on %(order)s: it is shipped, billed or closed already."
        ) % {"order": order}
    sentence = gettext(
        "Nothing can be closed on %(order)s: %(quantity)s of %(line)s are billed and not shipped. "
        "Ship them, or credit them for good."
    )
    if line.is_fixed_part and not line.units.billed_unshipped:
        sentence = gettext(
            "Nothing can be closed on %(order)s: %(quantity)s of %(line)s belong to a set that is "
            "shipped in part. Ship them, or record that the rest of the set came back for good."
        )
    named = {"order": order, "line": line.description}
    return sentence % {**named, "quantity": format_quantity(line.open_to_ship)}


def _drafts_in_the_way(line: OrderLine) -> list[Invoice]:
    """Return the drafts without which a line could have its new quantity; none if they do not."""
    issued = replace(line.units, billed=line.units.billed - line.drafted_quantity)
    if line.wanted_quantity < issued.done:
        return []
    drafts = Invoice.objects.filter(status=Invoice.Status.DRAFT, lines__order_line=line)
    return list(drafts.distinct().order_by("id"))
