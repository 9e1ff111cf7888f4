"""Template tags that draw icons, names and cells: formatting only, pages are built in Python."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.identifiers import uuid7
from web.display import draw_cell, draw_name, draw_parts, draw_whole
from web.form_fields import IDEMPOTENCY_KEY
from web.icons import draw_icon

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Draw an icon."""
    return draw_icon(name, css, label)


@register.simple_tag
def idempotency_key(element_id: str = "", *, oob: bool = False) -> SafeString:
    """Draw the hidden field with a new key, for a form that is to be done once.

    A form that stays on the page gives the field an id: the answer replaces it out of band.
    """
    name = format_html(' id="{}"', element_id) if element_id else ""
    swap = format_html(' hx-swap-oob="{}"', "true") if oob else ""
    field = '<input type="hidden" name="{}"{}{} value="{}">'
    return format_html(field, IDEMPOTENCY_KEY, name, swap, uuid7())


register.filter("name", draw_name)
register.filter("parts", draw_parts)
register.filter("whole", draw_whole)
register.filter("drawn_in", draw_cell)
