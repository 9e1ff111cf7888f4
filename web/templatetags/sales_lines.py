"""Addresses of the line grid."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from sales.models import AnyDocument, Quote, kind_of

register = template.Library()


@register.simple_tag
def line_url(name: str, document: AnyDocument, line: Any = None) -> str:
    """Return where a line of a document is added, changed or removed."""
    parts = {"kind": kind_of(document).url_word, "pk": document.pk}
    if line is not None:
        parts["line"] = line.pk
    return reverse(f"sales:{name}", kwargs=parts)


@register.filter
def is_quote(document: AnyDocument) -> bool:
    """Tell whether the document is an offer, whose lines may be optional."""
    return isinstance(document, Quote)
