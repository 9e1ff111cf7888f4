"""What templates need to write money, days and icons."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from zlib import crc32

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from common import formatting
from web.icons import draw_icon

register = template.Library()

HUES = ("blue", "teal", "orange", "purple", "pink", "cyan", "lime", "indigo")


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Draw an icon."""
    return draw_icon(name, css, label)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """Write an amount with its currency."""
    return formatting.format_money(amount, currency)


@register.filter
def price(amount: Decimal | None, currency: str) -> str:
    """Write a unit price with its currency."""
    return formatting.format_price(amount, currency)


@register.filter
def quantity(value: Decimal | None) -> str:
    """Write a quantity without trailing zeros."""
    return formatting.format_quantity(value)


@register.filter
def rate(value: Decimal | None) -> str:
    """Write a fraction as a percentage."""
    return formatting.format_rate(value)


@register.filter
def plain(value: Decimal | None) -> str:
    """Write a number for an input."""
    return formatting.plain_number(value)


@register.filter
def day(value: dt.date | None) -> str:
    """Write a day."""
    return formatting.format_day(value)


@register.filter
def moment(value: dt.datetime | None) -> str:
    """Write a moment in the reader's time zone."""
    return formatting.format_moment(value)


@register.filter
def ago(value: dt.datetime | None) -> str:
    """Say how long ago a moment is."""
    return formatting.format_ago(value)


@register.filter
def due(value: dt.date) -> str:
    """Say how a day stands to today."""
    return formatting.format_due(value)


@register.filter
def initials(name: object) -> str:
    """Return the first letters of the first and last word of a name."""
    words = [word for word in str(name).replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def hue(name: object) -> str:
    """Give a name a colour that stays the same."""
    return HUES[crc32(str(name).encode()) % len(HUES)]


@register.simple_tag(takes_context=True)
def with_query(context: template.Context, **changes: object) -> str:
    """Return the current query string with some values changed; empty ones are dropped."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.inclusion_tag("base/parts/nav_entry.html", takes_context=True)
def nav_entry(
    context: template.Context, view_name: str, label: str, name: str
) -> dict[str, object]:
    """Place a screen in the sidebar, marked when the reader is in it; absent ones are left out."""
    match = getattr(context.get("request"), "resolver_match", None)
    here = match.view_name if match else ""
    family = view_name.removesuffix("-list")
    current = here == view_name or (family != view_name and here.startswith(f"{family}-"))
    return {"url": _address(view_name), "label": label, "name": name, "current": current}


@register.inclusion_tag("base/parts/menu_entry.html")
def menu_entry(view_name: str, label: str, name: str) -> dict[str, object]:
    """Place a screen in a menu; absent screens are left out."""
    return {"url": _address(view_name), "label": label, "name": name}


def _address(view_name: str) -> str:
    try:
        return reverse(view_name)
    except NoReverseMatch:
        return ""
