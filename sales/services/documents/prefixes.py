"""Prefixes of numbers: those of our series and those of other systems begin differently.

Numbers that begin alike could be the same one day. Sales does not know which other systems there
are: they are plugged in, as listeners of events are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from common.sentences import sentence as _
from sales.models import Company, NumberSeries
from sales.services.errors import NumberTaken

Others = Callable[[], Iterable[tuple[str, str]]]
"""Returns the prefix and the name of each other system that numbers orders."""

_others: list[Others] = []


def add_prefixes(others: Others) -> None:
    """Keep the prefixes that a source returns apart from ours, once."""
    if others not in _others:
        _others.append(others)


def check_own_prefix(prefix: str) -> None:
    """Refuse a prefix of a company whose numbers would begin as those of another system do."""
    for others in _others:
        for theirs, system in others():
            for own in _series(prefix):
                if begin_alike(own, theirs):
                    raise NumberTaken(
                        _(
                            "Numbers such as %(own)s… begin as those of %(system)s do, with "
                            "%(theirs)s: choose another prefix.",
                            own=own,
                            system=system,
                            theirs=theirs,
                        ),
                        field="number_prefix",
                    )


def check_their_prefix(prefix: str) -> None:
    """Refuse a prefix of another system whose numbers would begin as those of a company do."""
    for company in Company.objects.only("name", "number_prefix"):
        for own in _series(company.number_prefix):
            if begin_alike(own, prefix):
                raise NumberTaken(
                    _(
                        "Numbers of %(company)s begin with %(own)s: have the other system begin "
                        "its own with something else than %(prefix)s, and enter that here.",
                        company=company,
                        own=own,
                        prefix=prefix,
                    ),
                    field="number_prefix",
                )


def begin_alike(first: str, second: str) -> bool:
    """Return whether numbers with these prefixes may be the same; capitals make no difference.

    >>> begin_alike("O-", "o"), begin_alike("O-", "SO-")
    (True, False)
    """
    first, second = first.casefold(), second.casefold()
    return first.startswith(second) or second.startswith(first)


def _series(prefix: str) -> list[str]:
    """Return what the numbers of a company with this prefix begin with."""
    return [f"{prefix}{kind}-" for kind in NumberSeries.Kind.values]
