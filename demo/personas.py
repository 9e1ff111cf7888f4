"""Personas: the users of the sample data and the prospects of the story."""

from __future__ import annotations

from dataclasses import dataclass

from crm import roles

PASSWORD = "long-pull-2026"
"""Password of every user of the sample data; the commands print it."""


@dataclass(frozen=True, slots=True)
class Person:
    """A user of the sample data."""

    first: str
    last: str
    role: str
    team: str = ""

    @property
    def email(self) -> str:
        """The e-mail address to sign in with."""
        return f"{self.first.lower()}@aurelia.example"


CAMILLE = Person("Camille", "Arnaud", roles.SALES_REP, "France")
JONAS = Person("Jonas", "Weber", roles.SALES_REP, "International")
INES = Person("Ines", "Moreau", roles.SALES_MANAGER, "Sales")
PIETER = Person("Pieter", "Vos", roles.BACK_OFFICE)
ADA = Person("Ada", "Lindqvist", roles.ADMINISTRATOR)
NOOR = Person("Noor", "Haddad", roles.AUDITOR)
PEOPLE = (CAMILLE, JONAS, INES, PIETER, ADA, NOOR)


@dataclass(frozen=True, slots=True)
class Prospect:
    """A person who enquires in the story, and what about."""

    company: str
    first: str
    last: str
    email: str
    phone: str
    topic: str
    reference: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}"


PROSPECTS = (
    Prospect("Atelier Minuit", "Salomé", "Rivière", "salome@atelierminuit.example",
             "+33 4 78 00 70 10", "Espresso corner in a bookshop", "AM-0071"),
    Prospect("Gare Douce", "Idris", "Benhaddou", "idris@garedouce.example",
             "+33 5 56 00 70 20", "Coffee bar on platform 2", "GD-1180"),
    Prospect("Pâtisserie Colvert", "Jeanne", "Aubry", "jeanne@colvert.example",
             "+33 2 99 00 70 30", "Espresso beside the pastry counter", "PC-23"),
    Prospect("Studio Baltique", "Anselme", "Roy", "anselme@baltique.example",
             "+33 9 70 00 70 40", "Machine for a climbing hall", "SB-2-77"),
)  # fmt: skip
