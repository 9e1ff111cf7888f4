"""Companies, teams and users of the sample data."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from crm import roles
from crm.models import Team, User
from demo.companies import BERLIN, COMPANY, WHOLESALE
from demo.personas import PASSWORD, PEOPLE, Person
from demo.sample_data.rows import ensure
from sales.models import Company

TEAMS = (("Sales", ""), ("France", "Sales"), ("International", "Sales"))
REP_DISCOUNT_LIMIT_RATE = Decimal("0.15")
"""The highest discount of everyone below the manager."""


def add_users() -> None:
    """Add the companies, the teams and a user for every role."""
    _add_companies()
    teams: dict[str, Team | None] = {"": None}
    for name, parent in TEAMS:
        limit = None if parent else REP_DISCOUNT_LIMIT_RATE
        values = {"parent": teams[parent], "discount_limit_rate": limit}
        teams[name] = ensure(Team, values, name=name)
    known = set(User.objects.values_list("email", flat=True))
    missing = [person for person in PEOPLE if person.email not in known]
    password = make_password(PASSWORD) if missing else ""
    for person in missing:
        _add(person, teams[person.team], password)


def user(person: Person) -> User:
    """Find the user of a persona."""
    return User.objects.get(email=person.email)


def _add(person: Person, team: Team | None, password: str) -> None:
    added = User.objects.create(
        email=person.email,
        password=password,  # hashed once, since hashing is slow by design
        first_name=person.first,
        last_name=person.last,
        team=team,
        is_staff=person.role == roles.ADMINISTRATOR,
    )
    added.groups.add(Group.objects.get(name=person.role))


def _add_companies() -> None:
    paris = {
        "is_default": True,
        "base_currency": "EUR",
        "time_zone": "Europe/Paris",
        "tax_number": "FR40123456824",
        "email": "bonjour@aurelia.example",
        "street": "18 quai Perrache",
        "postal_code": "69002",
        "city": "Lyon",
        "country": "FR",
    }
    berlin = {
        "number_prefix": "DE-",
        "base_currency": "EUR",
        "time_zone": "Europe/Berlin",
        "tax_number": "DE136695976",
        "email": "hallo@aurelia.example",
        "street": "Köpenicker Straße 40",
        "postal_code": "10179",
        "city": "Berlin",
        "country": "DE",
    }
    ensure(Company, paris, name=COMPANY)
    wholesale = {
        "number_prefix": "AW-",
        "base_currency": "EUR",
        "time_zone": "Europe/Paris",
        "tax_number": "FR53812345670",
        "email": "wholesale@aurelia.example",
        "street": "4 quai de Bacalan",
        "postal_code": "33300",
        "city": "Bordeaux",
        "country": "FR",
    }
    ensure(Company, berlin, name=BERLIN)
    ensure(Company, wholesale, name=WHOLESALE)
