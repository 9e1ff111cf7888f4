"""Fuzz of the import of exchange rates: every file is imported or refused in one sentence."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from xml.sax.saxutils import quoteattr

import pytest

from sales.models import ExchangeRate
from sales.services.prices.exchange_rate_import import ECB_NAMESPACE, UnreadableRates, import_rates
from tests.fuzz.nasty import NASTY

pytestmark = pytest.mark.django_db

GOOD = ("2026-11-20", "USD", "1.0832")
WHOLE = ("", "\x00", "<", "<a/>", "date", '"', "date,currency,rate\n" + "x" * 200_000, "\ufeff")


def rows() -> Iterator[tuple[str, ...]]:
    """Spoil one cell of a good row, or two at once."""
    for places in ((0,), (1,), (2,), (0, 2)):
        for values in itertools.product(NASTY, repeat=len(places)):
            row = list(GOOD)
            for place, value in zip(places, values, strict=True):
                row[place] = value
            yield tuple(row)


def table(row: tuple[str, ...]) -> bytes:
    return f"date,currency,rate\n{','.join(row)}\n".encode()


def bank_file(row: tuple[str, ...]) -> bytes:
    day, currency, rate = map(quoteattr, row)
    return (
        f'<root xmlns="{ECB_NAMESPACE}"><Cube time={day}><Cube currency={currency} rate={rate}/>'
        "</Cube></root>"
    ).encode()


@pytest.mark.parametrize("form", [table, bank_file])
def test_spoilt_cells_are_imported_or_refused(form: Callable[[tuple[str, ...]], bytes]) -> None:
    tried = [form(row) for row in rows()]
    stored, refusals = 0, list[str]()
    for content in tried:
        try:
            stored += import_rates(content).added
        except UnreadableRates as refusal:
            refusals.append(str(refusal))

    assert len(tried) > 2000
    assert ExchangeRate.objects.count() == stored
    assert all(refusal.startswith("line ") for refusal in refusals)


@pytest.mark.parametrize("content", WHOLE)
def test_spoilt_files_are_refused(content: str) -> None:
    with pytest.raises(UnreadableRates):
        import_rates(content.encode())

    assert not ExchangeRate.objects.exists()
