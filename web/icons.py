"""Outline icons, drawn into the page so that they take its colour and need no request."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

SHAPES = re.compile(r"<svg.*?>(.*)</svg>", re.DOTALL)
BOUNDING_BOX = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'
OPENING = (
    '<svg class="icon {}" width="24" height="24" viewBox="0 0 24 24" fill="none" '
    'stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" '
)
HIDDEN = OPENING + 'aria-hidden="true" focusable="false">{}</svg>'
LABELLED = OPENING + 'role="img" aria-label="{}">{}</svg>'


def _folder() -> Path:
    return Path(settings.BASE_DIR) / "node_modules" / "@tabler" / "icons" / "icons" / "outline"


@lru_cache(maxsize=256)
def _shapes(name: str) -> SafeString:
    """Read an icon's inner markup; ours is trusted: it is pinned by the lock file."""
    try:
        source = (_folder() / f"{name}.svg").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ImproperlyConfigured(
            f"There is no icon {name!r}. If all are missing, run `make setup` (it runs npm ci)."
        ) from error
    drawn = SHAPES.search(source)
    inner = drawn.group(1) if drawn else ""
    return mark_safe(re.sub(r"\s+", " ", inner.replace(BOUNDING_BOX, "")).strip())  # noqa: S308  # ours


@lru_cache(maxsize=512)
def draw_icon(name: str, css: str = "", label: str = "") -> SafeString:
    """Return the icon as markup; without a label it is decoration and hidden from readers."""
    if label:
        return format_html(LABELLED, css, label, _shapes(name))
    return format_html(HIDDEN, css, _shapes(name))
