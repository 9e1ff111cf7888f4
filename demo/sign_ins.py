"""Telling people how to get in."""

from __future__ import annotations

from demo.personas import PASSWORD, PEOPLE
from demo.running import Say


def print_sign_ins(say: Say) -> None:
    """Print who can sign in, as what, with which password."""
    say(f"Sign in, password {PASSWORD}:")
    for person in PEOPLE:
        name = f"{person.first} {person.last}"
        say(f"  {person.email:<27}{name:<17}{person.role}{_place(person.team)}")


def _place(team: str) -> str:
    return f", {team}" if team else ""
