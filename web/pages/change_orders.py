"""Page of a new change order: its forms and preview."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from common.formatting import format_quantity, format_rate
from sales.models import Order, OrderLine
from web.display import Link
from web.forms.base import read_choices
from web.forms.change_orders import ChangedLineForm, ChangeOrderForms
from web.pages.order_changes import FieldChange
from web.record_urls import record_url


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
    rows: Sequence[ChangedLineRow]
    preview: Sequence[FieldChange]
    previewed: str
    """What was previewed; sent along, so that only what was seen can be agreed."""
    version: str
    """The order's version when the form was opened."""


def change_order_page(
    order: Order,
    forms: ChangeOrderForms,
    *,
    version: str = "",
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
        rows=[_row(form.line, form) for form in forms.lines],
        preview=preview,
        previewed=previewed,
        version=version or str(order.version),
    )


def _row(line: OrderLine, form: ChangedLineForm) -> ChangedLineRow:
    progress = gettext("%(shipped)s shipped, %(billed)s billed") % {
        "shipped": format_quantity(line.shipped_quantity),
        "billed": format_quantity(line.billed),
    }
    return ChangedLineRow(
        code=line.sku or line.get_kind_display(),
        unit=str(line.unit or ""),
        progress=progress,
        form=form,
        tax_note=_tax_note(form),
    )


def _tax_note(form: ChangedLineForm) -> str:
    """Say why a line whose tax rate changed keeps the agreed one."""
    if form.drift is None or "todays_tax" in form.fields:
        return ""
    return gettext("billed in part at %(agreed)s tax; today's rate is %(today)s") % {
        "agreed": format_rate(form.drift.agreed),
        "today": format_rate(form.drift.today),
    }
