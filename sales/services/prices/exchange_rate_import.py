"""Exchange rate import: the European Central Bank's XML files, or a CSV table.

The bank publishes one file a day (eurofxref-daily.xml) and one of the last 90 days
(eurofxref-hist-90d.xml) in the same form. Nothing is downloaded here.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from common.amounts import is_currency, not_a_currency
from common.errors import DomainError
from common.formatting import format_day
from common.numbers import read_decimal
from sales.models import ExchangeRate

ECB_BASE = "EUR"
ECB_NAMESPACE = "http://www.ecb.int/vocabulary/2002-08-01/eurofxref"
MOST_DECIMALS = 12
LARGEST = Decimal(10) ** 12
COLUMNS = ["date", "currency", "rate"]


class UnreadableRates(DomainError):
    """The file is not one of exchange rates, or one of its lines is wrong."""

    code = "unreadable_rates"


@dataclass(frozen=True, slots=True)
class FileRate:
    """One rate as the file has it, with the number of its line."""

    number: int
    on: dt.date
    currency: str
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import."""

    added: int
    changed: int
    unchanged: int
    first: dt.date
    last: dt.date


def import_rates(content: bytes, *, base: str = ECB_BASE, source: str = "") -> Imported:
    """Store every rate of a file, or none if one line of it is wrong; a repeat changes nothing."""
    if not is_currency(base):
        raise UnreadableRates(not_a_currency(base))
    text = _decoded(content)
    is_xml = text.lstrip().startswith("<")
    if is_xml and base != ECB_BASE:
        raise UnreadableRates(
            gettext("The European Central Bank quotes against %(quoted)s, not %(base)s.")
            % {"quoted": ECB_BASE, "base": base}
        )
    rates = _checked(read_xml(text) if is_xml else read_csv(text), base)
    return _store(rates, base=base, source=source or ("ecb" if is_xml else "file"))


def read_csv(text: str) -> Iterator[FileRate]:
    """Read a table with the columns date, currency and rate."""
    rows = _rows(text)
    header = [name.strip().casefold() for _, row in itertools.islice(rows, 1) for name in row]
    if header != COLUMNS:
        raise UnreadableRates(
            gettext("line 1: the columns must be %(columns)s, not “%(header)s”.")
            % {"columns": ",".join(COLUMNS), "header": ",".join(header)}
        )
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(COLUMNS):
            raise UnreadableRates(
                gettext("line %(number)d: %(count)d columns instead of %(columns)d.")
                % {"number": number, "count": len(row), "columns": len(COLUMNS)}
            )
        on, currency, rate = (cell.strip() for cell in row)
        yield _rate(number, on, currency, rate)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Read the rows of a CSV table, each with the number of its line."""
    reader = csv.reader(io.StringIO(text))
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise UnreadableRates(
            gettext("line %(number)d: not a CSV table (%(problem)s).")
            % {"number": reader.line_num, "problem": error}
        ) from error


def read_xml(text: str) -> Iterator[FileRate]:
    """Read the European Central Bank's file of one day or of many."""
    found: list[FileRate] = []
    day = ""
    parser = expat.ParserCreate(namespace_separator=" ")

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal day
        if name != f"{ECB_NAMESPACE} Cube":
            return
        number = parser.CurrentLineNumber
        day = attributes.get("time", day)
        if "currency" in attributes or "rate" in attributes:
            found.append(
                _rate(number, day, attributes.get("currency", ""), attributes.get("rate", ""))
            )

    def refuse_document_type(*_: object) -> None:
        raise UnreadableRates(
            gettext("line %(number)d: a document type is not expected.")
            % {"number": parser.CurrentLineNumber}
        )

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse_document_type
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise UnreadableRates(
            gettext("line %(number)d: not well-formed XML (%(problem)s).")
            % {"number": error.lineno, "problem": expat.ErrorString(error.code)}
        ) from error
    yield from found


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise UnreadableRates(
            gettext("line %(number)d: not UTF-8 text.") % {"number": number}
        ) from error


def _rate(number: int, on: str, currency: str, rate: str) -> FileRate:
    return FileRate(number, _day(number, on), _currency(number, currency), _number(number, rate))


def _day(number: int, text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise UnreadableRates(
            gettext("line %(number)d: “%(text)s” is not a day like 2026-11-22.")
            % {"number": number, "text": text}
        ) from None
    if day > timezone.now().date() + dt.timedelta(days=1):
        raise UnreadableRates(
            gettext("line %(number)d: %(day)s is in the future.")
            % {"number": number, "day": format_day(day)}
        )
    return day


def _currency(number: int, text: str) -> str:
    if not is_currency(text):
        raise UnreadableRates(
            gettext("line %(number)d: “%(currency)s” is not a currency.")
            % {"number": number, "currency": text}
        )
    return text


def _number(number: int, text: str) -> Decimal:
    try:
        rate = read_decimal(text)
    except InvalidOperation:
        raise UnreadableRates(
            gettext("line %(number)d: “%(text)s” is not a rate.") % {"number": number, "text": text}
        ) from None
    exponent = rate.as_tuple().exponent
    fits = isinstance(exponent, int) and exponent >= -MOST_DECIMALS
    if not fits or not 0 < rate < LARGEST:
        raise UnreadableRates(
            gettext(
                "line %(number)d: “%(text)s” is not a rate above zero "
                "with up to %(decimals)d decimals."
            )
            % {"number": number, "text": text, "decimals": MOST_DECIMALS}
        )
    return rate


def _checked(rates: Iterable[FileRate], base: str) -> dict[tuple[str, dt.date], FileRate]:
    """Refuse an empty file, the base against itself, and two rates for one currency and day."""
    known: dict[tuple[str, dt.date], FileRate] = {}
    for rate in rates:
        if rate.currency == base:
            raise UnreadableRates(
                gettext("line %(number)d: %(currency)s against itself.")
                % {"number": rate.number, "currency": base}
            )
        before = known.setdefault((rate.currency, rate.on), rate)
        if before.rate != rate.rate:
            raise UnreadableRates(
                gettext(
                    "line %(number)d: %(rate)s for %(currency)s on %(day)s, "
                    "but line %(earlier)d says %(other)s."
                )
                % {
                    "number": rate.number,
                    "rate": rate.rate,
                    "currency": rate.currency,
                    "day": format_day(rate.on),
                    "earlier": before.number,
                    "other": before.rate,
                }
            )
    if not known:
        raise UnreadableRates(gettext("There is no exchange rate in this file."))
    return known


@transaction.atomic
def _store(rates: dict[tuple[str, dt.date], FileRate], *, base: str, source: str) -> Imported:
    days = [rate.on for rate in rates.values()]
    stored = {
        (currency, on): rate
        for currency, on, rate in ExchangeRate.objects.select_for_update()
        .filter(base=base, valid_on__range=(min(days), max(days)))
        .values_list("currency", "valid_on", "rate")
    }
    new = [rate for key, rate in rates.items() if key not in stored]
    changed = [rate for key, rate in rates.items() if stored.get(key, rate.rate) != rate.rate]
    ExchangeRate.objects.bulk_create(
        [
            ExchangeRate(
                base=base, currency=rate.currency, valid_on=rate.on, rate=rate.rate, source=source
            )
            for rate in [*new, *changed]
        ],
        update_conflicts=True,
        unique_fields=["base", "currency", "valid_on"],
        update_fields=["rate", "source"],
        batch_size=1000,
    )
    unchanged = len(rates) - len(new) - len(changed)
    return Imported(len(new), len(changed), unchanged, min(days), max(days))
