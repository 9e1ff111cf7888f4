from __future__ import annotations

import datetime as dt
import json
import unicodedata
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import DomainError
from fulfilment.sync.canonical import Notation, UnreadableValue, canonical, with_missing_lines
from fulfilment.sync.merge import merge
from fulfilment.sync.residue import Split
from sales.pricing.errors import CurrencyMismatch, InvalidAmount, InvalidDiscount, InvalidQuantity

PARIS = Notation("EUR", ZoneInfo("Europe/Paris"), {"Germany": "DE", "": "FR"})
NEW_YORK = Notation("USD", ZoneInfo("America/New_York"))


def head_value(name: str, value: Any, notation: Notation = PARIS) -> Any:
    """Write one field of a head."""
    return canonical({"head": {name: value}}, notation).get(f"head.{name}")


def line_values(line: dict[str, Any], split: Split | None = None) -> Any:
    """Write one line, by the names of its fields."""
    remembered = {"7": split} if split else {}
    values = canonical({"lines": [{"id": "7", **line}]}, PARIS, remembered)
    return {path.removeprefix("line.7."): value for path, value in values.items()}


def test_writes_a_whole_order() -> None:
    order = {
        "head": {
            "currency": "eur",
            "customer_reference": "PO-77 ",
            "placed_at": "2026-11-22T02:20:00+01:00",
            "freight": {"amount": "4.9", "currency": "EUR"},
            "bill_to": {"city": "Lyon", "country": ""},
            "ship_to": {"city": "Köln", "line2": None, "country": "GERMANY"},
            "custom": {"promo": "SPRING", "gift": True},
            "language": "fr-FR",
        },
        "lines": [
            {"id": "8", "position": 2, "quantity": "1.50", "cancelled": "0.5"},
            {
                "id": "7",
                "position": 1,
                "quantity": 3,
                "price": "20.00000",
                "unit_discount": "3.33",
                "charge": "-0.01",
            },
        ],
    }

    assert canonical(order, PARIS) == {
        "head.currency": "EUR",
        "head.customer_reference": "PO-77",
        "head.placed_at": "2026-11-22T01:20:00Z",
        "head.freight": "4.90",
        "head.bill_to.city": "Lyon",
        "head.bill_to.country": "FR",
        "head.ship_to": {"city": "Köln", "country": "DE"},
        "head.custom.promo": "SPRING",
        "head.custom.gift": True,
        "head.language": "fr-FR",
        "line.8.quantity": "1",
        "line.7.quantity": "3",
        "line.7.price": {"amount": "20", "per": "1"},
        "line.7.charge": "0.00",
        "line.7.discount": "10.00",
        "head.line_order": ["7", "8"],
    }


def test_keeps_what_is_missing_apart_from_what_is_cleared() -> None:
    cleared = {"customer_reference": None, "requested_on": None, "name": ""}

    assert canonical({"head": cleared}, PARIS) == {
        "head.customer_reference": "",
        "head.requested_on": None,
        "head.name": "",
    }
    assert canonical({}, PARIS) == {}


@pytest.mark.parametrize(
    ("notation", "written", "day"),
    [
        (PARIS, "2026-03-30", "2026-03-30"),
        (PARIS, "2026-03-29T22:00:00Z", "2026-03-30"),
        (PARIS, "2026-03-28T23:00:00Z", "2026-03-29"),
        (PARIS, "2026-03-30T00:00:00Z", "2026-03-30"),
        (PARIS, "2026-03-30T00:00:00", "2026-03-30"),
        (PARIS, "2026-03-30T00:00:00+02:00", "2026-03-30"),
        (NEW_YORK, "2026-03-30T04:00:00Z", "2026-03-30"),
        (NEW_YORK, "2026-03-30T00:00:00Z", "2026-03-30"),
        (NEW_YORK, "2026-03-30T03:00:00Z", "2026-03-29"),
    ],
)
def test_reads_midnight_as_the_day_that_it_begins(
    notation: Notation, written: str, day: str
) -> None:
    assert head_value("requested_on", written, notation) == day


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("name", "Bar  refit", "Bar  refit"),
        ("name", " Bar\r\nrefit \r\n", " Bar\nrefit"),
        ("payment_terms", " 30d ", "30D"),
        ("ship_to", {"country": "de"}, {"country": "DE"}),
        ("ship_to", {"city": ""}, {"country": "FR"}),
        ("placed_at", "2026-11-22T01:20:00.5Z", "2026-11-22T01:20:00.500000Z"),
    ],
)
def test_writes_values_in_one_way(name: str, value: Any, expected: Any) -> None:
    assert head_value(name, value) == expected


def test_a_capital_counts_in_a_text() -> None:
    assert head_value("customer_reference", "po-77") != head_value("customer_reference", "PO-77")


def test_reads_the_split_of_a_line_by_what_is_remembered() -> None:
    line = {"quantity": "3", "price": "20.00", "unit_discount": "3.33", "charge": "4.99"}

    cold = line_values(line)
    known = line_values(line, Split(Decimal("-0.01"), Decimal("5.00")))

    assert (cold["discount"], cold["charge"]) == ("9.99", "4.99")
    assert (known["discount"], known["charge"]) == ("10.00", "5.00")


def test_takes_percentages_from_the_amount_of_a_line() -> None:
    values = line_values({"quantity": "3", "price": "20.00", "line_amount": "54.00"})

    assert (values["discount"], values["charge"]) == ("6.00", "0.00")


@pytest.mark.parametrize("line", [{"quantity": "0"}, {"quantity": "3", "cancelled": "3.0"}])
def test_only_progress_counts_of_a_cancelled_line(line: dict[str, str]) -> None:
    more = {"discount": "10.00", "price": "20.00", "delivered": "1", "status": "open"}

    values = line_values(line | more)

    assert values == {"quantity": "0", "delivered": "1"}


def test_a_line_that_is_missing_is_cancelled() -> None:
    base = {"line.7.quantity": "3", "line.7.price": {}, "line.8.quantity": "1", "head.name": ""}

    assert with_missing_lines({"line.8.quantity": "2"}, base) == {
        "line.7.quantity": "0",
        "line.8.quantity": "2",
    }


@pytest.mark.parametrize(
    ("order", "error", "sentence"),
    [
        (
            {"head": {"freight": "free"}},
            UnreadableValue,
            "“free” is not a number.",
        ),
        ({"head": {"freight": True}}, UnreadableValue, "“True” is not a number."),
        ({"head": {"freight": "Infinity"}}, UnreadableValue, "“Infinity” is not a number."),
        (
            {"head": {"requested_on": "soon"}},
            UnreadableValue,
            "Requested delivery is “soon”: send a day, such as 2026-03-30.",
        ),
        (
            {"head": {"requested_on": "2026-02-30"}},
            UnreadableValue,
            "Requested delivery is “2026-02-30”: send a day, such as 2026-03-30.",
        ),
        (
            {"head": {"is_on_hold": "yes"}},
            UnreadableValue,
            "Hold is “yes”: send true or false.",
        ),
        (
            {"head": {"bill_to": {"country": "Atlantis"}}},
            UnreadableValue,
            (
                "Country of the bill-to address is “Atlantis”: send a country as its two letters, "
                "such as DE, or add the name to the names of countries of the connection."
            ),
        ),
        (
            {"lines": [{"id": 7, "quantity": "1", "confirmed_on": "soon"}]},
            UnreadableValue,
            "Confirmed delivery of line 7 is “soon”: send a day, such as 2026-03-30.",
        ),
        (
            {"head": {"placed_at": "today"}},
            UnreadableValue,
            "Placed is “today”: send a day with its time, such as 2026-03-30T12:00:00Z.",
        ),
        (
            {"head": {"freight": "1.005"}},
            InvalidAmount,
            "1.005 has more decimals than the 2 of the order's currency.",
        ),
        (
            {"head": {"freight": {"amount": "1", "currency": "usd"}}},
            CurrencyMismatch,
            "The order is in EUR, not in USD.",
        ),
        (
            {"lines": [{"id": 7, "quantity": "-1", "unit_discount": "0"}]},
            InvalidQuantity,
            "Report a return as a return, not as an order line with a negative quantity.",
        ),
        (
            {"lines": [{"id": 7, "quantity": "1", "unit_discount": "3", "price": "2"}]},
            InvalidDiscount,
            "The discount of 3 is more than the line's 2.",
        ),
    ],
)
def test_refuses_what_it_cannot_read(
    order: dict[str, Any], error: type[DomainError], sentence: str
) -> None:
    with pytest.raises(error) as refusal:
        canonical(order, PARIS)

    assert str(refusal.value) == sentence


TEXTS = st.text("aé\u0301 ñB\n", max_size=12)
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2027, 12, 31))
AMOUNTS = st.decimals(0, 1000, places=2)


@st.composite
def orders(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an order as this system writes it."""
    head = {
        "currency": "EUR",
        "name": draw(TEXTS),
        "customer_reference": draw(TEXTS),
        "requested_on": draw(DAYS).isoformat(),
        "ship_to": {"city": draw(TEXTS), "country": draw(st.sampled_from(["DE", "FR"]))},
        "freight": str(draw(AMOUNTS)),
        "is_on_hold": draw(st.booleans()),
    }
    lines = [
        {
            "id": str(number),
            "position": number,
            "quantity": str(draw(st.decimals(0, 100, places=3))),
            "price": str(draw(st.decimals(0, 100, places=5))),
            "discount": str(draw(AMOUNTS)),
            "requested_on": draw(DAYS).isoformat(),
        }
        for number in range(draw(st.integers(0, 4)))
    ]
    return {"head": head, "lines": lines}


def reformatted(order: dict[str, Any]) -> dict[str, Any]:
    """Write an order as another system might: scale, order, line ends, accents, capitals, days."""

    def text(value: str) -> str:
        return unicodedata.normalize("NFD", value).replace("\n", " \r\n") + "\r\n"

    def day(value: str) -> str:
        midnight = dt.datetime.fromisoformat(value).replace(tzinfo=ZoneInfo("Europe/Paris"))
        return midnight.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")

    head, lines = order["head"], order["lines"]
    countries = {"DE": "germany", "FR": "fr"}
    changed = {
        **head,
        "currency": "eur",
        "name": text(head["name"]),
        "customer_reference": text(head["customer_reference"]),
        "requested_on": day(head["requested_on"]),
        "freight": {"currency": "eur", "amount": f"{head['freight']}000"},
        "ship_to": {
            "line2": None,
            "country": countries[head["ship_to"]["country"]],
            "city": text(head["ship_to"]["city"]),
        },
    }
    return {
        "lines": [
            dict(
                reversed(
                    (
                        line
                        | {
                            "quantity": f"{line['quantity']}00",
                            "price": f"{Decimal(line['price']) * 100:.5f}",
                            "price_quantity": "100.0",
                            "discount": f"{line['discount']}0",
                            "requested_on": f"{line['requested_on']}T00:00:00Z",
                        }
                    ).items()
                )
            )
            for line in reversed(lines)
        ],
        "head": dict(reversed(changed.items())),
    }


@given(orders())
def test_another_way_to_write_an_order_is_no_edit(order: dict[str, Any]) -> None:
    ours = canonical(order, PARIS)

    theirs = canonical(json.loads(json.dumps(reformatted(order))), PARIS)

    merged = merge(ours, ours, theirs)
    assert ours.keys() == theirs.keys()
    assert merged.is_echo
    assert (merged.apply, merged.tell_origin) == ((), ())


@given(orders(), st.data())
def test_an_edit_is_seen_whatever_way_it_is_written(
    order: dict[str, Any], data: st.DataObject
) -> None:
    ours = canonical(order, PARIS)
    day = data.draw(DAYS).isoformat()
    edited = {**order, "head": {**order["head"], "requested_on": day}}

    merged = merge(ours, ours, canonical(reformatted(edited), PARIS))

    changed = day != order["head"]["requested_on"]
    assert merged.apply == ((("head.requested_on", day),) if changed else ())
