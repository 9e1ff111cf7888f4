"""Cards: a title and rows, used by the pages of many records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from web.display import Action, Chip, When
from web.icons import draw_icon
from web.initials import hue, initials


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRow:
    """One row: a title and detail, and at its end a chip, an amount or a moment."""

    title: str
    url: str = ""
    """Where the row leads; empty for one that leads nowhere."""
    note: str = ""
    """A word beside the title."""
    detail: str = ""
    mark: SafeString | str = ""
    """An icon, or initials, before the title."""
    chip: Chip | None = None
    amount: str = ""
    when: When | None = None
    actions: Sequence[Action] = ()
    """What can be done with it at once; each is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A titled list of rows; ``empty`` is written where there are none."""

    title: str
    rows: Sequence[CardRow]
    id: str = ""
    note: str = ""
    """What stands at the end of the head."""
    empty: str = ""
    actions: Sequence[Action] = ()
    """What can be done about the rows, as buttons below them."""


def icon_mark(icon: str, css: str = "bg-primary-lt") -> SafeString:
    """Draw an icon on a coloured ground."""
    return format_html('<span class="mark {}">{}</span>', css, draw_icon(icon))


def person_mark(name: object, css: str = "") -> SafeString:
    """Draw a person's initials in the colour that is theirs."""
    return format_html(
        '<span class="initials {} bg-{}-lt" aria-hidden="true">{}</span>',
        css,
        hue(name),
        initials(name),
    )
