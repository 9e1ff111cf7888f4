"""Prefixes of numbers: ours and those of other systems begin differently."""

from __future__ import annotations

import pytest

from sales.services.documents import prefixes
from sales.services.documents.prefixes import (
    add_prefixes,
    begin_alike,
    check_own_prefix,
    check_their_prefix,
)
from sales.services.errors import NumberTaken
from tests.factories import CompanyFactory


@pytest.fixture
def scm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system that numbers its orders SO-000123, known twice."""
    monkeypatch.setattr(prefixes, "_others", [])
    add_prefixes(other_systems)
    add_prefixes(other_systems)
    assert prefixes._others == [other_systems]


def other_systems() -> list[tuple[str, str]]:
    return [("SO-", "Supply chain")]


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [("O-", "SO-", False), ("O-", "O-", True), ("o-2", "O-", True), ("NL-", "NL-O-", True)],
)
def test_prefixes_begin_alike_where_numbers_could_be_the_same(
    first: str, second: str, alike: bool
) -> None:
    assert (begin_alike(first, second), begin_alike(second, first)) == (alike, alike)


def test_refuses_a_prefix_of_ours_that_another_system_has(scm: None) -> None:
    check_own_prefix("NL-")
    check_own_prefix("")

    with pytest.raises(NumberTaken) as refused:
        check_own_prefix("SO-")

    assert str(refused.value) == (
        "Numbers such as SO-Q-… begin as those of Supply chain do, with SO-: choose another prefix."
    )
    assert refused.value.field == "number_prefix"


@pytest.mark.parametrize("prefix", ["NL-", "nl-o-", "N", "CN-", "INV-2026", "O"])
def test_refuses_a_prefix_of_theirs_that_a_series_has(db: None, prefix: str) -> None:
    CompanyFactory.create(name="Throughline", number_prefix="")
    CompanyFactory.create(name="Throughline NL", number_prefix="NL-")

    with pytest.raises(NumberTaken, match=r"Numbers of Throughline.* begin with ") as refused:
        check_their_prefix(prefix)

    assert refused.value.field == "number_prefix"


def test_takes_a_prefix_of_theirs_that_no_series_has(db: None) -> None:
    CompanyFactory.create(number_prefix="")
    check_their_prefix("SO-")
