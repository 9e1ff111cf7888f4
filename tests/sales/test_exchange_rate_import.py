"""Exchange rate import: a file is stored in full or not at all."""

from __future__ import annotations

import datetime as dt
import io
import sys
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from sales.models import ExchangeRate
from sales.services.prices.exchange_rate_import import UnreadableRates, import_rates

ECB = """<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" \
xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
\t<gesmes:subject>Reference rates</gesmes:subject>
\t<gesmes:Sender>
\t\t<gesmes:name>European Central Bank</gesmes:name>
\t</gesmes:Sender>
\t<Cube>
{days}
\t</Cube>
</gesmes:Envelope>"""


def ecb(**days: dict[str, str]) -> bytes:
    """Write the bank's file for days named like d2026_11_20."""
    text = []
    for name, rates in days.items():
        text.append(f"\t\t<Cube time='{name[1:].replace('_', '-')}'>")
        text += [f"\t\t\t<Cube currency='{code}' rate='{rate}'/>" for code, rate in rates.items()]
        text.append("\t\t</Cube>")
    return ECB.format(days="\n".join(text)).encode()


def stored() -> dict[tuple[str, str], Decimal]:
    rows = ExchangeRate.objects.values_list("currency", "valid_on", "rate")
    return {(currency, str(day)): rate for currency, day, rate in rows}


def rate(currency: str, day: str, value: str, base: str = "EUR") -> None:
    ExchangeRate.objects.create(
        base=base, currency=currency, valid_on=dt.date.fromisoformat(day), rate=Decimal(value)
    )


@pytest.mark.django_db
def test_reads_the_banks_file_of_a_day_and_of_ninety() -> None:
    import_rates(ecb(d2026_11_20={"USD": "1.0832", "JPY": "162.45"}))
    done = import_rates(
        ecb(d2026_11_20={"USD": "1.0832", "JPY": "162.45"}, d2026_11_19={"USD": "1.0800"})
    )

    assert stored() == {
        ("USD", "2026-11-20"): Decimal("1.0832"),
        ("JPY", "2026-11-20"): Decimal("162.45"),
        ("USD", "2026-11-19"): Decimal("1.08"),
    }
    assert (done.added, done.changed, done.unchanged) == (1, 0, 2)
    assert (done.first, done.last) == (dt.date(2026, 11, 19), dt.date(2026, 11, 20))


@pytest.mark.django_db
def test_reads_a_table_and_corrects_what_was_stored() -> None:
    import_rates(ecb(d2026_11_20={"USD": "1.0832"}))

    done = import_rates(
        b"Date,Currency,Rate\r\n2026-11-20,USD,1.0900\r\n\r\n2026-11-20,GBP,0.8441\r\n"
    )

    assert stored() == {
        ("USD", "2026-11-20"): Decimal("1.09"),
        ("GBP", "2026-11-20"): Decimal("0.8441"),
    }
    assert (done.added, done.changed, done.unchanged) == (1, 1, 0)
    assert set(ExchangeRate.objects.values_list("base", "source")) == {("EUR", "file")}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the columns must be date,currency,rate, not “”."),
        (b"day,currency,rate\n", "line 1: the columns must be date,currency,rate"),
        (b"date,currency,rate\n", "There is no exchange rate in this file."),
        (b"date,currency,rate\n2026-11-20,USD\n", "line 2: 2 columns instead of 3."),
        (b"date,currency,rate\n20.11.2026,USD,1\n", "line 2: “20.11.2026” is not a day"),
        (b"date,currency,rate\n2126-11-20,USD,1\n", "line 2: 20 Nov 2126 is in the future."),
        (b"date,currency,rate\n2026-11-20,USD,1\n2026-11-20,XXL,2\n", "line 3: “XXL” is not a"),
        (b"date,currency,rate\n2026-11-20,USD,1.1x\n", "line 2: “1.1x” is not a rate."),
        (b"date,currency,rate\n2026-11-20,USD,1_0\n", "line 2: “1_0” is not a rate."),
        (b"date,currency,rate\n2026-11-20,USD,0\n", "line 2: “0” is not a rate above zero"),
        (b"date,currency,rate\n2026-11-20,USD,-1\n", "line 2: “-1” is not a rate above zero"),
        (b"date,currency,rate\n2026-11-20,USD,NaN\n", "line 2: “NaN” is not a rate above zero"),
        (
            b"date,currency,rate\n2026-11-20,USD,1.0000000000001\n",
            "line 2: “1.0000000000001” is not a rate above zero with up to 12 decimals.",
        ),
        (b"date,currency,rate\n2026-11-20,EUR,1\n", "line 2: EUR against itself."),
        (
            b"date,currency,rate\n2026-11-20,USD,1\n2026-11-20,USD,2\n",
            "line 3: 2 for USD on 20 Nov 2026, but line 2 says 1.",
        ),
        (b"date,currency,rate\n2026-11-20,US\xff,1\n", "line 2: not UTF-8 text."),
        (b"<Envelope><Cube></Envelope>", "line 1: not well-formed XML (mismatched tag)."),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "line 1: a document type is not expected."),
        (b"<html/>", "There is no exchange rate in this file."),
        (ecb(d2026_11_20={"USD": "1,08"}), "line 9: “1,08” is not a rate."),
        (ecb(d2026_13_20={"USD": "1.08"}), "line 9: “2026-13-20” is not a day"),
        (
            ecb(d2026_11_20={"USD": "1.08", "JPY": "162"}, d2026_11_19={"USD": "x"}),
            "line 13: “x” is not a rate.",
        ),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_imported(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableRates) as refusal:
        import_rates(content)

    assert str(refusal.value).startswith(message)
    assert stored() == {}


@pytest.mark.django_db
def test_the_command_prints_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "eurofxref-daily.xml"
    file.write_bytes(ecb(d2026_11_20={"USD": "1.0832", "JPY": "162.45"}))
    call_command("import_exchange_rates", str(file))
    typed = SimpleNamespace(buffer=io.BytesIO(b"date,currency,rate\n2026-11-20,EUR,0.92\n"))
    monkeypatch.setattr(sys, "stdin", typed)
    call_command("import_exchange_rates", "-", "--base", "USD")

    assert capsys.readouterr().out == (
        "Exchange rates of 2026-11-20: 2 new, 0 changed, 0 unchanged.\n"
        "Exchange rates of 2026-11-20: 1 new, 0 changed, 0 unchanged.\n"
    )


@pytest.mark.django_db
def test_the_command_refuses_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "rates.csv"
    file.write_text("date,currency,rate\n2026-11-20,USD,much\n")

    with pytest.raises(CommandError, match=r"line 2: “much” is not a rate. Nothing was imported."):
        call_command("import_exchange_rates", str(file))
    with pytest.raises(CommandError, match=r"nowhere.xml cannot be read: No such file"):
        call_command("import_exchange_rates", str(tmp_path / "nowhere.xml"))
    with pytest.raises(CommandError, match=r"quotes against EUR, not USD"):
        file.write_bytes(ecb(d2026_11_20={"USD": "1.0832"}))
        call_command("import_exchange_rates", str(file), "--base", "USD")

    with pytest.raises(CommandError, match=r"“XXL” is not a currency"):
        call_command("import_exchange_rates", str(file), "--base", "xxl")
    with pytest.raises(CommandError, match=r"“XAD” is not a currency"):  # has digits, but no name
        file.write_bytes(ecb(d2026_11_20={"XAD": "1.0832"}))
        call_command("import_exchange_rates", str(file))

    assert stored() == {}
