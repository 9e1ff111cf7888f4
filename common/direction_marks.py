"""Bidirectional formatting characters: they make a text look like another one, so none is kept.

Embeddings and overrides (U+202A to U+202E) and isolates (U+2066 to U+2069) turn the order in which
characters are shown. Pages isolate names by their markup instead.
"""

from __future__ import annotations

from typing import Any

CONTROLS = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_NOTHING = dict.fromkeys(map(ord, CONTROLS))


def has_controls(text: str) -> bool:
    """Whether a text has such a character."""
    return not text.isascii() and any(each in text for each in CONTROLS)


def without_controls(text: str) -> str:
    """Return a text without such characters.

    >>> without_controls("caf\\u202e\\u00e9")
    'café'
    """
    return text if text.isascii() else text.translate(_NOTHING)


def strip_controls(value: Any) -> Any:
    """Return a value read from JSON without such characters in its texts; keys stay."""
    if isinstance(value, str):
        return without_controls(value)
    if isinstance(value, list):
        return [strip_controls(each) for each in value]
    if isinstance(value, dict):
        return {key: strip_controls(each) for key, each in value.items()}
    return value
