"""Avatars: a person's initials, in a colour derived from the name."""

from __future__ import annotations

from zlib import crc32

HUES = ("blue", "teal", "orange", "purple", "pink", "cyan", "lime", "indigo")


def initials(name: object) -> str:
    """Return the first letters of the first and last word of a name."""
    parts = [word for word in str(name).replace("@", " ").split() if word[0].isalnum()]
    return "".join(word[0] for word in (parts[:1] + parts[1:][-1:])).upper()


def hue(name: object) -> str:
    """Return the colour of a name."""
    return HUES[crc32(str(name).encode()) % len(HUES)]
