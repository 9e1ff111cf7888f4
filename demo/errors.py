"""What can go wrong while the demo or the story runs."""

from __future__ import annotations


class Halted(Exception):
    """The demo or the story cannot go on; the sentence says why."""
