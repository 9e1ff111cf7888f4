"""Errors of the demo and the story."""

from __future__ import annotations


class DemoError(Exception):
    """The demo or the story cannot continue; the message is printed to the user."""
