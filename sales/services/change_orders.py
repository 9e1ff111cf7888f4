"""Change orders: changing a submitted order, versioned and sent to external systems."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.db import transaction
from django.db.models import prefetch_related_objects
from django.utils.translation import gettext

from common.errors import DomainError, MissingField, NotEditable, StaleVersion
from common.formatting import format_rate
from common.rows import save_columns
from crm.actors import Actor
from sales.models import Order, OrderChange, OrderLine
from sales.pricing.ledger import Ledger
from sales.pricing.lines import Terms
from sales.services.billing.agreed_figures import (
    agree_figures,
    billed_promotions,
    put_typed_amounts,
    refuse_other_charge,
)
from sales.services.billing.coverage import refuse_uncovered
from sales.services.billing.deductions import close_deductions, refuse_under_billed
from sales.services.billing.least_quantities import nothing_to_close, refuse_below_done
from sales.services.billing.ledgers import put_amounts, read_ledger
from sales.services.change_order_heads import apply_head, refuse_other_freight
from sales.services.change_order_records import (
    NothingChanged,
    check_to_change,
    check_to_close,
    finish_change,
    open_change,
    refuse_nothing_left,
)
from sales.services.documents.bulk_lines import insert_new_lines, with_their_parts
from sales.services.documents.bundles import refuse_part_change, update_parts
from sales.services.documents.draft_fields import HeadChanges, NewLineFields
from sales.services.documents.locks import check_version, lock_order
from sales.services.documents.new_lines import (
    check_line,
    clear_cancelled,
    error_context,
    insert_lines,
    last_position,
    with_signed_price,
)
from sales.services.documents.readiness import check_ready
from sales.services.documents.tax_rates import take_todays_rates
from sales.services.documents.totals import LINE_FIGURES, head_figures, reprice
from sales.services.documents.typed_figures import check_numbers
from sales.services.draft_invoices import drafts_of_unshipped, drop_draft
from sales.services.errors import AlreadyBilled, no_such_line
from sales.services.order_differences import (
    LINE_FIELDS,
    ChangeEntry,
    hash_changes,
    snapshot,
)
from sales.services.order_splits import Split, has_other_price, split_lines
from sales.services.prices.discount_limits import within_limit
from sales.services.prices.list_prices import take_volume_discount
from sales.services.prices.override_rights import check_price, is_other_price
from sales.services.prices.price_rules import PriceRule, price_rule, prices_kept_by
from sales.services.prices.price_sources import put_source
from sales.services.prices.pricing_input import lines_of, terms_of

ZERO = Decimal(0)


CHANGED_COLUMNS = (
    *LINE_FIELDS,
    *("price_source", "price_origin", "tax_rate_is_typed"),
)
"""Columns of a line that a change order writes itself; its figures follow."""

CLOSED_TERMS = (
    "quantity", "cancelled_quantity", "unit_price", "price_quantity",
    "discount_amount", "charge_amount",
)  # fmt: skip
"""What says how much is ordered; closing the rest of an order reduces it."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes that a change order makes."""

    lines: Mapping[uuid.UUID, Mapping[str, object]] = field(default_factory=dict)
    additions: Sequence[NewLineFields] = ()
    head: HeadChanges = field(default_factory=HeadChanges)
    todays_tax: Collection[uuid.UUID] = ()
    """Lines that take today's tax rate, bundles with their parts."""
    with_parts: bool = True
    """Whether bundles that are added bring their parts along."""


@transaction.atomic
def change_order(
    order_id: uuid.UUID,
    changes: Changes,
    *,
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
    seen: str = "",
) -> OrderChange:
    """Take an order to its next version with changed lines and head.

    Refuses to go under what is shipped or billed, by quantity and by amount. A price typed for a
    line of which a part is billed is that of the rest, which becomes a line of its own.

    ``seen``, if given, is the hash of the changes that were previewed; refused if they are others
    now.
    """
    order = lock_order(order_id)
    check_to_change(order)
    check_version(order, expected_version)
    stored = lines_of(order)
    before, ledger = snapshot(order, stored), read_ledger(order, stored)
    change = open_change(order, reason, actor)
    changed, splits = split_lines(order, stored, changes.lines)
    changes = replace(changes, lines=changed)
    with within_limit(order, actor):
        lines = _apply(order, changes, splits, ledger, actor)
        reprice(order, lines, billed_promotions(lines, ledger))
    agree_figures(lines, ledger, _repriced(stored, changes))
    after = _put_figures(order, lines)
    refuse_uncovered(order, ledger, after)
    refuse_other_freight(order, changes.head)
    refuse_nothing_left(order, lines)
    check_ready(order, lines)
    refuse_under_billed(order, ledger, after)
    change = finish_change(order, change, before, lines, actor=actor)
    _refuse_unseen(change, seen)
    return change


def _refuse_unseen(change: OrderChange, seen: str) -> None:
    if seen and seen != hash_changes(change.difference):
        raise StaleVersion(
            gettext(
                "A tax rate or a price was changed since the preview: "
                "preview the change again, and look at what it comes to now."
            )
        )


@transaction.atomic
def close_rest(
    order_id: uuid.UUID,
    *,
    actor: Actor,
    reason: str,
    lines: Collection[uuid.UUID] | None = None,
    expected_version: int | None = None,
) -> OrderChange:
    """Cancel what is neither shipped nor billed of an order, or of some lines (short close).

    A line's figures become exactly what is billed of it, and freight goes with what is left to
    sell. Draft invoices of what did not leave are deleted. What trade-ins and rebates can take off
    no invoice any more is closed with it; what was asked for ahead beyond what is left is the
    order's surplus then, to be credited.
    """
    if not reason.strip():
        raise MissingField(gettext("Give the reason for closing the rest."), field="reason")
    return _close(order_id, lines, reason, actor, expected_version)


def _close(
    order_id: uuid.UUID,
    lines: Collection[uuid.UUID] | None,
    reason: str,
    actor: Actor,
    expected_version: int | None = None,
) -> OrderChange:
    order = lock_order(order_id)
    check_to_close(order)
    check_version(order, expected_version)
    for draft in drafts_of_unshipped(order, lines):
        drop_draft(draft, actor=actor)
    stored = lines_of(order)
    before, ledger = snapshot(order, stored), read_ledger(order, stored)
    change = open_change(order, reason, actor)
    closed = ledger.short_close(None if lines is None else {str(pk) for pk in lines})
    for line in stored:
        if line.counts and line.is_sold:
            _close_line(order, line, closed)
    close_deductions(order, stored, ledger, closed)
    order.freight = closed.freight
    save_columns(stored, [*CLOSED_TERMS, "promotion_discount", *LINE_FIGURES])
    _put_figures(order, stored)
    refuse_nothing_left(order, stored)
    try:
        return finish_change(order, change, before, stored, actor=actor)
    except NothingChanged as error:
        raise NothingChanged(nothing_to_close(order, stored)) from error


def _put_figures(order: Order, lines: Sequence[OrderLine]) -> Ledger:
    """Add up the lines; where none is left to bill, freight comes to what is billed of it.

    Returns the ledger as it is then.
    """
    ledger = read_ledger(order, lines)
    order.change(**head_figures(lines, ledger.freight_whole))
    return ledger


def _close_line(order: Order, line: OrderLine, ledger: Ledger) -> None:
    """Put on a line what is left of it; a part stays in its bundle, in part cancelled."""
    closed = ledger.line(str(line.pk))
    is_reduced = closed.units.ordered < line.wanted_quantity
    line.quantity = ledger.with_bundle(closed)
    line.cancelled_quantity = line.quantity - closed.units.ordered
    put_amounts(line, closed.agreed)
    if is_reduced:
        put_typed_amounts(order, line)


def preview_change(order_id: uuid.UUID, changes: Changes, *, actor: Actor) -> list[ChangeEntry]:
    """Return what a change order would change, and change nothing."""
    return _preview(lambda: change_order(order_id, changes, actor=actor))


def preview_close(order_id: uuid.UUID, *, actor: Actor) -> list[ChangeEntry]:
    """Return what closing the rest of an order would change, and change nothing."""
    return _preview(lambda: _close(order_id, None, "", actor))


def _preview(use_case: Callable[[], OrderChange]) -> list[ChangeEntry]:
    with transaction.atomic():
        difference: list[ChangeEntry] = use_case().difference
        transaction.set_rollback(True)
    return difference


def _apply(
    order: Order,
    changes: Changes,
    splits: Mapping[uuid.UUID, Split],
    ledger: Ledger,
    actor: Actor,
) -> list[OrderLine]:
    apply_head(order, changes.head)
    terms = terms_of(order)
    lines = {line.pk: line for line in lines_of(order)}
    quantities = {pk: line.quantity for pk, line in lines.items()}
    done = {pk: line.done_quantity for pk, line in lines.items()}
    for pk, fields in changes.lines.items():
        if pk not in lines:
            raise no_such_line(order, str(pk))
        _refuse_other_rate(lines[pk], fields, ledger)
        refuse_other_charge(order, lines[pk], fields, ledger)
        _change_line(lines[pk], fields, actor, terms)
        refuse_below_done(lines[pk], done)
    for pk, split in splits.items():
        lines[pk].discount_amount, lines[pk].charge_amount = split.kept_discount, split.kept_charge
    changed = [line for pk, line in lines.items() if line.quantity != quantities[pk]]
    kept_by = prices_kept_by(order) if changed else ""
    _take_bands(order, changed, kept_by)
    taxed = _with_fixed_parts(list(lines.values()), changes.todays_tax)
    _take_todays_tax(order, taxed, ledger)
    save_columns(list(lines.values()), CHANGED_COLUMNS)
    update_parts(
        changed,
        quantities,
        terms=terms,
        typed={pk for pk, fields in changes.lines.items() if "quantity" in fields},
        keeps_prices=order.prices_are_locked or bool(kept_by),
        refuse=lambda part: refuse_below_done(part, done),
    )
    _add_rests(order, splits, actor)
    insert_new_lines(order, changes.additions, actor, with_parts=changes.with_parts)
    return lines_of(order)


def _change_line(line: OrderLine, fields: Mapping[str, object], actor: Actor, terms: Terms) -> None:
    refuse_part_change(line, fields)
    fields = with_signed_price(line, fields)
    check_numbers(fields)
    is_other = is_other_price(line, fields)
    if is_other and line.product_id:
        check_price(actor, str(line.pk))
    _put_fields(line, fields)
    if is_other:
        line.volume_discount = ZERO
        put_source(line, actor)
    if fields.get("discount_amount") is not None:
        line.discount_rate = None
    elif fields.get("discount_rate") is not None:
        line.discount_amount = None
    if "tax_rate" in fields:
        line.tax_rate_is_typed = line.tax_rate is not None
    clear_cancelled(line)
    check_line(line, terms)


def _put_fields(line: OrderLine, fields: Mapping[str, object]) -> None:
    for name, value in fields.items():
        if name not in LINE_FIELDS:
            raise NotEditable(
                gettext("A change order cannot change the field %(field)s of a line.")
                % {"field": name},
                line=str(line.pk),
            )
        setattr(line, name, value)


def _take_bands(order: Order, lines: Sequence[OrderLine], kept_by: str) -> None:
    """Give lines at their list price the volume discount of their new quantity.

    Prices that a quote agreed, a person locked, another system keeps, or a part was billed at,
    stay.
    """
    listed = [line for line in lines if price_rule(order, line, kept_by) == PriceRule.VOLUME]
    prefetch_related_objects(
        listed, "price_list_item__price_list", "price_list_item__discount_list__bands"
    )
    for line in listed:
        with error_context(line, "quantity"):
            take_volume_discount(line)


def _take_todays_tax(order: Order, lines: Sequence[OrderLine], ledger: Ledger) -> None:
    """Tax lines at today's rate, if nothing of them is billed; a typed rate stays."""
    for line in lines:
        _refuse_billed(line, ledger)
    take_todays_rates(order, lines)


def _with_fixed_parts(lines: Sequence[OrderLine], chosen: Collection[uuid.UUID]) -> list[OrderLine]:
    """Return the chosen lines, and the parts that are always in a bundle among them."""
    return [
        line
        for line in lines
        if line.pk in chosen or (line.is_fixed_part and line.bundle_line_id in chosen)
    ]


def _refuse_other_rate(line: OrderLine, fields: Mapping[str, object], ledger: Ledger) -> None:
    """Refuse to type another tax rate on a line of which some is billed."""
    if fields.get("tax_rate", line.tax_rate) != line.tax_rate:
        _refuse_billed(line, ledger, field="tax_rate")


def _refuse_billed(line: OrderLine, ledger: Ledger, field: str | None = None) -> None:
    """Refuse another tax rate for a line that is billed in part: it keeps its rate."""
    if ledger.is_billed(str(line.pk)):
        raise AlreadyBilled(
            gettext(
                "%(line)s is billed in part at %(rate)s tax and keeps it: to bill the rest at "
                "another rate, reduce it to what is billed and add the rest as a new line."
            )
            % {"line": line.description, "rate": format_rate(line.tax_rate)},
            line=str(line.pk),
            field=field,
        )


def _add_rests(order: Order, splits: Mapping[uuid.UUID, Split], actor: Actor) -> None:
    """Add the lines of what is neither shipped nor billed, at the end of the order."""
    if not splits:
        return
    terms = terms_of(order)
    for place, (pk, split) in enumerate(splits.items(), last_position(order) + 1):
        split.rest.position = place
        try:
            _change_line(split.rest, split.typed, actor, terms)
        except DomainError as error:
            error.line = str(pk)
            raise
    rests = [split.rest for split in splits.values()]
    insert_lines(order, with_their_parts(order, rests))


def _repriced(lines: Sequence[OrderLine], changes: Changes) -> set[uuid.UUID]:
    """Return the lines whose price or discount is to be another one; of a deduction, its amount."""
    return {line.pk for line in lines if _is_repriced(line, changes)}


def _is_repriced(line: OrderLine, changes: Changes) -> bool:
    typed = with_signed_price(line, changes.lines.get(line.pk, {}))
    if has_other_price(line, typed):
        return True
    is_other_amount = typed.get("quantity", line.quantity) != line.quantity
    return line.is_deduction and (is_other_amount or line.pk in changes.todays_tax)
