"""Line editor of drafts: the inputs and options of each line."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from common.formatting import format_price, plain_number
from sales.models import AnyDocument, AnyLine, DocumentLine, kind_of
from sales.services.price_refresh import PriceDrift
from web.forms.lines import discount_as_typed, price_as_typed
from web.icons import draw_icon

NO_LINE = uuid.UUID(int=0)


@dataclass(frozen=True, slots=True)
class OptionChoice:
    """A choice for a line of a quote: part of the offer, or optional, taken or not."""

    value: str
    label: str
    icon: SafeString


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorRow:
    """What the editor shows of a line besides."""

    inputs: Mapping[str, str]
    """What stands in the inputs."""
    option_note: str
    below_price: SafeString
    """What a large quantity takes off, and the list's price of today where it is not the line's."""
    options: Sequence[OptionChoice]
    menu_label: str
    remove_label: str
    change_url: str
    edit_url: str
    remove_url: str
    option_url: str


class LineEditor:
    """Formats the rows of one draft; what is the same for all lines is worked out once."""

    def __init__(self, document: AnyDocument, drifts: Iterable[PriceDrift]) -> None:
        self._currency = document.currency
        self._drifts = {each.line_id: format_drift(each, self._currency) for each in drifts}
        parts = {"kind": kind_of(document).url_word, "pk": document.pk, "line": NO_LINE}
        self._change, self._edit, self._remove, self._option = (
            reverse(f"sales:line-{name}", kwargs=parts)
            for name in ("change", "edit", "remove", "option")
        )
        self._options = _option_choices()
        self._notes = {"fixed": "", "open": gettext("optional, not taken")}
        self._notes["taken"] = gettext("optional, taken")
        self._menu_label = gettext("What to do with %(line)s")
        self._remove_label = gettext("Remove %(line)s")

    def row(self, line: AnyLine) -> EditorRow:
        """Format what the editor shows of a line."""
        key, named = str(line.pk), {"line": line.description}
        option = ("taken" if line.is_taken else "open") if line.is_optional else "fixed"
        volume = format_volume_discount(line, self._currency)
        marked = format_html('<span class="volume">{}</span>', volume) if volume else ""
        notes = (marked, self._drifts.get(line.pk, ""))
        return EditorRow(
            inputs=_inputs(line, self._currency),
            option_note=self._notes[option],
            below_price=format_html_join(" ", "{}", ((note,) for note in notes if note)),
            options=self._options[option],
            menu_label=self._menu_label % named,
            remove_label=self._remove_label % named,
            change_url=self._change.replace(str(NO_LINE), key),
            edit_url=self._edit.replace(str(NO_LINE), key),
            remove_url=self._remove.replace(str(NO_LINE), key),
            option_url=self._option.replace(str(NO_LINE), key),
        )


def _option_choices() -> dict[str, Sequence[OptionChoice]]:
    """List what a line can be made, by what it is."""
    fixed = OptionChoice("fixed", gettext("Make it part of the offer"), draw_icon("lock"))
    optional = OptionChoice("open", gettext("Make it optional"), draw_icon("square"))
    left = OptionChoice("open", gettext("Not taken"), draw_icon("square"))
    taken = OptionChoice("taken", gettext("Taken by the customer"), draw_icon("checkbox"))
    return {"fixed": [optional], "open": [fixed, taken], "taken": [fixed, left]}


def _inputs(line: AnyLine, currency: str) -> dict[str, str]:
    return {
        "description": line.description,
        "quantity": plain_number(line.quantity),
        "unit_price": price_as_typed(line, currency),
        "discount": discount_as_typed(line),
    }


def format_volume_discount(line: DocumentLine, currency: str) -> str:
    """Write what a large quantity takes off each unit; empty where it takes off nothing."""
    if not line.volume_discount:
        return ""
    off = format_price(line.volume_discount, currency)
    return gettext("−%(off)s volume") % {"off": off}


def format_drift(drift: PriceDrift, currency: str) -> str:
    """Write what the list asks today, or why it asks nothing; empty where nothing drifted."""
    if drift.problem:
        return drift.problem
    if not drift.has_drifted:
        return ""
    listed = format_price(drift.list_price, currency, drift.list_quantity)
    if drift.list_discount:
        off = format_price(drift.list_discount, currency)
        listed = gettext("%(price)s less %(off)s") % {"price": listed, "off": off}
    if drift.is_typed:
        return gettext("typed; list %(price)s") % {"price": listed}
    return gettext("list now %(price)s") % {"price": listed}
