"""Our two companies, and who works there."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from crm import roles
from crm.models import Team, User
from demo.personas import PASSWORD, PEOPLE, Person
from demo.sample_data.rows import ensure
from sales.models import Company

COMPANY = "Aurelia Bar Supply SAS"


TEAMS = (("Sales", ""), ("France", "Sales"), ("International", "Sales"))
REPS_GIVE = Decimal("0.15")
"""The most that everybody below gives off without the manager."""


def add_people() -> None:
    """Add the companies, the teams and a person for every role."""
    _add_companies()
    teams: dict[str, Team | None] = {"": None}
    for name, above in TEAMS:
        limit = None if above else REPS_GIVE
        values = {"parent": teams[above], "discount_limit_rate": limit}
        teams[name] = ensure(Team, values, name=name)
    known = set(User.objects.values_list("email", flat=True))
    newcomers = [person for person in PEOPLE if person.email not in known]
    password = make_password(PASSWORD) if newcomers else ""
    for person in newcomers:
        _add(person, teams[person.team], password)


def user(person: Person) -> User:
    """Find the user a person signs in as."""
    return User.objects.get(email=person.email)


def _add(person: Person, team: Team | None, password: str) -> None:
    added = User.objects.create(
        email=person.email,
        password=password,  # hashed once for all: hashing is slow by design
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
    ensure(Company, berlin, name="Aurelia Bar Supply GmbH")
