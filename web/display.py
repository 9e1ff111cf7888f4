"""Display components of pages: chips, links, columns, facts and actions, built in Python."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString

from common.formatting import format_ago, format_moment
from web.icons import draw_icon

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    StrOrPromise = str | StrPromise
else:
    StrOrPromise = str

Tone = Literal["neutral", "info", "good", "warn", "bad", "brand"]
Align = Literal["start", "end"]
SEPARATOR = " · "
"""Between the parts of a name or a detail."""

State = Literal["done", "current", "open", "missing", "late"]

TONE_CLASS: dict[str, str] = {
    "neutral": "bg-secondary-lt",
    "info": "bg-azure-lt",
    "good": "bg-green-lt",
    "warn": "bg-orange-lt",
    "bad": "bg-red-lt",
    "brand": "bg-primary-lt",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A status as text, colour and icon, so that it never depends on colour alone."""

    label: StrOrPromise
    tone: Tone = "neutral"
    icon: str = "circle"
    title: StrOrPromise = ""

    def __str__(self) -> SafeString:
        """Return the markup; templates take the string of whatever they are given."""
        return format_html(
            '<span class="badge chip {}" title="{}">{}{}</span>',
            TONE_CLASS[self.tone],
            self.title,
            draw_icon(self.icon),
            self.label,
        )

    def __html__(self) -> SafeString:
        """Return the markup where templates and ``format_html`` would escape."""
        return self.__str__()


@dataclass(frozen=True, slots=True)
class Link:
    """A link to another record."""

    label: StrOrPromise
    url: str
    is_whole: bool = False
    """True where the label may not be cut, however long it is."""

    def __str__(self) -> SafeString:
        """Return the markup."""
        return format_html('<a href="{}">{}</a>', self.url, self._drawn())

    def _drawn(self) -> object:
        return draw_whole(str(self.label)) if self.is_whole else draw_name(self.label)

    def __html__(self) -> SafeString:
        """Return the markup where templates would escape."""
        return self.__str__()


def with_links(sentence: str, links: Iterable[Link]) -> SafeString:
    """Write a sentence, and after it the links to what it names."""
    drawn = (format_html('<a href="{}">{}</a>', link.url, link.label) for link in links)
    return format_html_join(" ", "{}", ((part,) for part in (sentence, *drawn)))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list."""

    label: StrOrPromise
    align: Align = "start"
    wide_only: bool = False
    needs_no_label: bool = False
    """True when a stacked row on a phone needs no label before the value."""
    unbroken: bool = False
    """True for document numbers, which never break into two lines."""

    @property
    def css(self) -> str:
        """Name the classes of every cell of this column."""
        named = {
            "end": self.align == "end",
            "unbroken": self.unbroken,
            "wide-only": self.wide_only,
        }
        return " ".join(name for name, applies in named.items() if applies)


@dataclass(frozen=True, slots=True)
class Row:
    """One record in a list; its first cell carries the link of the whole row."""

    url: str
    placed: Sequence[tuple[object, Column]]
    """Each cell with the column it stands in."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A named value of a record."""

    label: StrOrPromise
    value: object
    icon: str = ""
    is_whole: bool = False
    """True where the value may not be cut, however long it is."""


@dataclass(frozen=True, slots=True)
class When:
    """A moment as a reader sees it, with more about it in the tooltip."""

    text: str
    tooltip: str

    @classmethod
    def of(cls, moment: dt.datetime | None) -> When:
        """Write how long ago a moment is, and when exactly it was in the tooltip."""
        return cls(format_ago(moment), format_moment(moment))

    @classmethod
    def exactly(cls, moment: dt.datetime | None) -> When:
        """Write when exactly a moment was, and how long ago in the tooltip."""
        return cls(format_moment(moment), format_ago(moment))

    def __str__(self) -> SafeString:
        """Return the markup."""
        return format_html('<span class="when" title="{}">{}</span>', self.tooltip, self.text)

    def __html__(self) -> SafeString:
        """Return the markup where templates would escape."""
        return self.__str__()


@dataclass(frozen=True, slots=True)
class Action:
    """An action on a record, or the reason why it is not possible now."""

    label: StrOrPromise
    url: str
    icon: str = "arrow-right"
    asks: bool = False
    """True for a page that asks first; False posts at once."""
    dialog: bool = False
    """True when the page that asks is small enough to open over this one."""
    reason: StrOrPromise = ""
    """Why it cannot be done now; empty when it can."""
    tone: Literal["plain", "danger"] = "plain"
    aside: bool = False
    """True for what one may do but is never the next step."""
    confirm: StrOrPromise = ""
    values: dict[str, str] = field(default_factory=dict)
    form_id: str = ""
    """The id of its form, by which fields elsewhere on the page belong to it."""

    @property
    def allowed(self) -> bool:
        """Whether it can be done now."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Actions:
    """The next step as one primary button, everything else behind a menu."""

    all: Sequence[Action]

    @property
    def primary(self) -> Action | None:
        """Return the first action that can be done now and is the next step."""
        leading = (action for action in self.all if action.tone == "plain" and not action.aside)
        return next((action for action in leading if action.allowed), None)

    @property
    def others(self) -> list[Action]:
        """Return the rest, allowed ones first."""
        rest = [action for action in self.all if action is not self.primary]
        return sorted(rest, key=lambda action: (not action.allowed, action.tone == "danger"))


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One document of a document flow, from the lead to the official invoice."""

    label: StrOrPromise
    detail: StrOrPromise
    state: State
    icon: str
    url: str = ""
    here: bool = False


def draw_name(name: object) -> object:
    """Draw a name: at most two lines, all of it in the tooltip, in its own direction of writing.

    Markup, such as a chip or a link, stays as it is.
    """
    if name in (None, "") or hasattr(name, "__html__"):
        return name
    text = str(name)
    return format_html('<bdi class="name" title="{}">{}</bdi>', text, text)


def draw_whole(text: str) -> str:
    """Draw a text of which nothing may be left out, such as an address, in its own direction."""
    return format_html('<bdi class="whole">{}</bdi>', text) if text else ""


def draw_parts(text: object) -> object:
    """Draw the parts of a text with dots between them, each in its own direction of writing."""
    if hasattr(text, "__html__"):
        return text
    parts = ((part,) for part in str(text).split(SEPARATOR))
    return format_html_join(SEPARATOR, "<bdi>{}</bdi>", parts)


def draw_cell(cell: object, column: Column) -> object:
    """Draw what stands in a column of a list: a figure as it is, anything else as a name."""
    return cell if column.align == "end" else draw_name(cell)


def joined(*parts: object) -> SafeString:
    """Write the parts that are not empty after one another, as one name; links stay links."""
    shown = [part for part in parts if part]
    if not shown:
        return SafeString()
    drawn = format_html_join(SEPARATOR, "<bdi>{}</bdi>", ((part,) for part in shown))
    return format_html('<span class="name" title="{}">{}</span>', _plain(drawn), drawn)


def _plain(markup: SafeString) -> str:
    """Return the text of markup, without its tags and entities."""
    return html.unescape(strip_tags(markup))
