"""The sign-in list that the commands print."""

from __future__ import annotations

from demo.command_line import print_line
from demo.personas import PASSWORD, PEOPLE


def print_sign_ins() -> None:
    """Print the e-mail address, name, role and team of every user, and the password."""
    print_line(f"Sign in, password {PASSWORD}:")
    for person in PEOPLE:
        name = f"{person.first} {person.last}"
        team = f", {person.team}" if person.team else ""
        print_line(f"  {person.email:<27}{name:<17}{person.role}{team}")
