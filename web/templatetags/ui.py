"""Template tags that draw icons, names and cells: formatting only, pages are built in Python."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from web.display import draw_cell, draw_name
from web.icons import draw_icon

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Draw an icon."""
    return draw_icon(name, css, label)


register.filter("name", draw_name)
register.filter("drawn_in", draw_cell)
