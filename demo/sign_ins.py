"""The sign-ins that the commands print: of people, and of the partner's program."""

from __future__ import annotations

from demo.command_line import print_line
from demo.personas import PASSWORD, PEOPLE
from demo.sample_data.partners import CLIENT_ID, client_secret, customer


def print_sign_ins() -> None:
    """Print the e-mail address, name, role and team of every user, and the password."""
    print_line(f"Sign in, password {PASSWORD}:")
    for person in PEOPLE:
        name = f"{person.first} {person.last}"
        team = f", {person.team}" if person.team else ""
        print_line(f"  {person.email:<27}{name:<17}{person.role}{team}")


def print_partner(web: str) -> None:
    """Print how a program signs in, and for which account it orders."""
    print_line(f"\nREST API {web}/api/v1/, token from {web}/oauth/token (docs/partners.md):")
    print_line(f"  client_id      {CLIENT_ID}")
    print_line(f"  client_secret  {client_secret()}")
    print_line(f"  account        {customer().pk}   {customer()}")
