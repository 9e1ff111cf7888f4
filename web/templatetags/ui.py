"""Template tags that format: icons, initials, and links that keep the query string."""

from __future__ import annotations

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString

from web.icons import draw_icon
from web.initials import hue, initials

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Draw an icon."""
    return draw_icon(name, css, label)


register.filter("initials", initials)
register.filter("hue", hue)


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
