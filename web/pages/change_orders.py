"""Change orders on pages: those of an order with what they changed, and the form of a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from common.formatting import format_quantity, format_rate
from sales.models import Order, OrderLine
from sales.services.order_splits import is_split
from sales.services.prices.price_rules import PriceRule, price_rule, prices_kept_by
from web.display import Link, When
from web.forms.base import read_choices
from web.forms.change_orders import ChangedLineForm, ChangeOrderForms
from web.forms.lines import discount_label
from web.pages.field_changes import FieldChange, field_changes
from web.pages.lines import format_taken_off
from web.record_urls import record_url

SHOWN = 20


@dataclass(frozen=True, slots=True)
class ChangeOrderRow:
    """One change order with what it changed."""

    title: str
    reason: str
    changed_by: str
    when: When
    changes: Sequence[FieldChange]


def change_order_rows(order: Order) -> list[ChangeOrderRow]:
    """Read an order's change orders, newest first; one statement."""
    return [
        ChangeOrderRow(
            title=gettext("Version %(version)d") % {"version": change.version},
            reason=change.reason,
            changed_by=change.changed_by_name,
            when=When.of(change.changed_at),
            changes=field_changes(change.difference, order.currency),
        )
        for change in order.changes.order_by("-version")[:SHOWN]
    ]


@dataclass(frozen=True, slots=True)
class ChangedLineRow:
    """A line of a submitted order beside its inputs."""

    code: str
    unit: str
    progress: str
    form: ChangedLineForm
    tax_note: str = ""
    """That the tax rate is another one by now, where the line keeps the agreed one."""


@dataclass(frozen=True, slots=True)
class ChangeOrderPage:
    """What a change order may change, and what the typed changes would make of the order."""

    heading: str
    summary: str
    back: Link
    forms: ChangeOrderForms
    discount_label: str
    rows: Sequence[ChangedLineRow]
    preview: Sequence[FieldChange]
    price_rules: Sequence[str]
    """By which rule each line is priced whose quantity changes in the preview."""
    previewed: str
    """What was previewed; sent along, so that only what was seen can be agreed."""
    version: str
    """The order's version that is shown."""


def change_order_page(
    order: Order,
    forms: ChangeOrderForms,
    *,
    preview: Sequence[FieldChange] = (),
    previewed: str = "",
) -> ChangeOrderPage:
    """Format the forms of a change order, and read what they offer."""
    for form in forms:
        read_choices(form)
    summary = gettext(
        "Version %(version)d stays in the history. No line can go below what is shipped or billed."
    )
    return ChangeOrderPage(
        heading=gettext("Change %(order)s") % {"order": order},
        summary=summary % {"version": order.version},
        back=Link(str(order), record_url(order)),
        forms=forms,
        discount_label=discount_label(order),
        rows=[_row(form.line, form, order.currency) for form in forms.lines],
        preview=preview,
        price_rules=_price_rules(order, forms) if preview else (),
        previewed=previewed,
        version=str(order.version),
    )


def _price_rules(order: Order, forms: ChangeOrderForms) -> list[str]:
    """Say how each line is priced whose quantity changes, or of which a part is billed."""
    kept_by = prices_kept_by(order)
    rules = [_rule_of_line(order, form.line, form.differences(), kept_by) for form in forms.lines]
    return [rule for rule in rules if rule]


def _rule_of_line(
    order: Order, line: OrderLine, differences: Mapping[str, object], kept_by: str
) -> str:
    if is_split(line, differences):
        return gettext(
            "%(done)s of %(line)s are shipped or billed and keep their price; "
            "the rest becomes a line of its own at the price that is typed."
        ) % {"line": line.description, "done": format_quantity(line.done_quantity)}
    if "quantity" in differences and "unit_price" not in differences:
        named = {"line": line.description, "system": kept_by, "quote": order.quote}
        return _price_rule(order, line, kept_by) % named
    return ""


def _price_rule(order: Order, line: OrderLine, kept_by: str) -> str:
    rule = price_rule(order, line, kept_by)
    if rule == PriceRule.VOLUME:
        return gettext("%(line)s has its list price, with the volume discount of the new quantity.")
    if rule == PriceRule.BILLED:
        return gettext("Part of %(line)s is billed, so its price and volume discount stay.")
    if rule == PriceRule.TYPED:
        return gettext(
            "The price of %(line)s was typed and stays; no volume discount comes off it."
        )
    if rule == PriceRule.KEPT_ELSEWHERE:
        return gettext("The price of %(line)s is kept in %(system)s and stays.")
    if line.price_source == line.PriceSource.EXTERNAL:
        return gettext("The price of %(line)s is from an external system and stays.")
    if order.quote is None:
        return gettext("The price of %(line)s is locked; it and the volume discount stay.")
    return gettext(
        "The price of %(line)s was agreed in %(quote)s; it and the volume discount stay."
    )


def _row(line: OrderLine, form: ChangedLineForm, currency: str) -> ChangedLineRow:
    return ChangedLineRow(
        code=line.code_or_kind,
        unit=str(line.unit or ""),
        progress=format_taken_off(form.taken, currency) if form.taken else _progress(line),
        form=form,
        tax_note=_tax_note(form),
    )


def _progress(line: OrderLine) -> str:
    if line.is_deduction:
        return gettext("nothing taken off yet")
    quantities = {
        "shipped": format_quantity(line.shipped_quantity),
        "billed": format_quantity(line.billed - line.drafted_quantity),
        "drafted": format_quantity(line.drafted_quantity),
    }
    if line.drafted_quantity:
        return gettext("%(shipped)s shipped, %(billed)s billed, %(drafted)s on drafts") % quantities
    return gettext("%(shipped)s shipped, %(billed)s billed") % quantities


def _tax_note(form: ChangedLineForm) -> str:
    """Say why a line whose tax rate changed keeps the agreed one."""
    if form.drift is None or "todays_tax" in form.fields:
        return ""
    return gettext(
        "billed in part at %(agreed)s tax, which stays; today's rate is %(today)s: "
        "for the rest, reduce this line to what is billed and add a new one below"
    ) % {
        "agreed": format_rate(form.drift.agreed),
        "today": format_rate(form.drift.today),
    }
