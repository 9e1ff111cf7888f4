"""Worked examples: every table in docs/pricing.md is computed and compared."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sales.pricing.advances import Advance, TaxAmount, deduct, spread_advance
from sales.pricing.allocation import allocate
from sales.pricing.concessions import document_concession, line_concession, list_discount
from sales.pricing.deduction_lines import DeductionLine, take_off
from sales.pricing.discounts import Band, DiscountKind, DiscountList, volume_discount
from sales.pricing.documents import LineInput, Terms, price_document
from sales.pricing.due import DueRule, Share, early_payment_discount, split_by_shares
from sales.pricing.exchange import to_base
from sales.pricing.ledger import Ledger
from sales.pricing.ledger_lines import LedgerLine, Units
from sales.pricing.lines import Price
from sales.pricing.money import Rounding, round_money
from sales.pricing.partial import Amounts, Portion, next_part
from sales.pricing.price_lists import (
    PriceMethod,
    PriceRounding,
    PriceRule,
    ProductCosts,
    RoundingOption,
    list_price,
)
from tests.worked_examples import Table, as_parameters, read_tables

TODAY = dt.date(2026, 11, 22)
CHOICES: dict[str, dict[str, Any]] = {
    "prices include tax": {"prices_include_tax": True},
    "discount per unit": {"per_unit_discount": True},
    "half even": {"rounding": Rounding.HALF_EVEN},
}
"""Terms that are chosen, with what pricing calls them."""

TABLES = read_tables("pricing.md")


def rows_of(first_column: str) -> list[Any]:
    """Give the rows of all tables that begin with this column."""
    return as_parameters(TABLES, first_column)


def documents() -> list[Any]:
    """Pair each table of lines with the table of totals that follows it."""
    lines = [table for table in TABLES if table.columns[0] == "line"]
    totals = [table for table in TABLES if table.columns[0] == "detail"]
    return [
        pytest.param(table, foot.rows[0], id=table.heading)
        for table, foot in zip(lines, totals, strict=True)
    ]


def decimals(cell: str) -> list[Decimal]:
    """Read a list of figures."""
    return [Decimal(figure) for figure in cell.split(", ")]


def test_finds_every_kind_of_table() -> None:
    assert [table.columns[0] for table in TABLES] == [
        "amount",
        "share out",
        *["line", "detail"] * 15,
        "method",
        "method",
        "bands",
        "sold at",
        "listed",
        "ordered",
        "to take off",
        "order total",
        "down payment",
        "asked ahead",
        "asked ahead, issued",
        "sets ordered",
        "of units",
        "of",
        "closed after",
        "freight agreed",
        "issued",
        "paid in parts",
        "early payment of",
        "converted",
    ]


@pytest.mark.parametrize("row", rows_of("amount"))
def test_rounds_as_the_page_says(row: dict[str, str]) -> None:
    amount, currency = Decimal(row["amount"]), row["currency"]

    assert str(round_money(amount, currency)) == row["half up"]
    assert str(round_money(amount, currency, Rounding.HALF_EVEN)) == row["half even"]


@pytest.mark.parametrize("row", rows_of("share out"))
def test_shares_out_as_the_page_says(row: dict[str, str]) -> None:
    weights = decimals(row["in proportion to"])

    shares = allocate(Decimal(row["share out"]), weights, row["currency"])

    assert ", ".join(map(str, shares)) == row["shares"]


@pytest.mark.parametrize(("table", "foot"), documents())
def test_prices_documents_as_the_page_says(table: Table, foot: dict[str, str]) -> None:
    terms = read_terms(table.terms)

    document = price_document([read_line(row) for row in table.rows], **terms)

    for line, row in zip(document.lines, table.rows, strict=True):
        shown = line.base, line.net, line.header_discount, line.tax, line.gross
        assert list(map(str, shown)) == [
            row[column] for column in ("base", "net", "header share", "tax", "gross")
        ]
    totals = document.totals
    assert foot == {
        "detail": str(totals.detail),
        "discount": str(totals.discount),
        "pre-freight": str(totals.pre_freight),
        "freight": str(totals.freight),
        "tax": str(totals.tax),
        "total": str(totals.total),
    }


def read_terms(text: str) -> dict[str, Any]:
    """Read what stands behind "Terms:"."""
    terms: dict[str, Any] = {}
    for term in text.split("; "):
        if term in CHOICES:
            terms |= CHOICES[term]
            continue
        match term.rsplit(" ", 1):
            case ["currency", code]:
                terms["currency"] = code
            case ["header percentage", percentage]:
                terms["discount_rate"] = Decimal(percentage) / 100
            case ["header amount", amount]:
                terms["discount_amount"] = Decimal(amount)
            case ["freight", amount]:
                terms["freight"] = Decimal(amount)
            case _:
                pytest.fail(f"unknown term {term!r}")
    return terms


def read_line(row: dict[str, str]) -> LineInput:
    """Read the typed half of a row."""
    amount, percentage = row["discount"], None
    if amount.endswith(" %"):
        amount, percentage = "", amount.removesuffix(" %")
    return LineInput(
        key=row["line"],
        quantity=Decimal(row["quantity"]),
        unit_price=Decimal(row["price"]),
        volume_discount=Decimal(row.get("volume discount", "0")),
        price_quantity=Decimal(row.get("price quantity", "1")),
        discount_amount=Decimal(amount) if amount else None,
        discount_rate=Decimal(percentage) / 100 if percentage else None,
        tax_rate=Decimal(row["tax %"]) / 100,
        is_deduction=Decimal(row["price"]) < 0,
        charge=Decimal(row.get("charge") or 0),
    )


@pytest.mark.parametrize("row", rows_of("method"))
def test_prices_lists_as_the_page_says(row: dict[str, str]) -> None:
    method = {
        "amount": PriceMethod.AMOUNT,
        "percent of list": PriceMethod.PERCENT_OF_LIST,
        "markup on cost": PriceMethod.MARKUP_CURRENT,
        "margin on cost": PriceMethod.MARGIN_CURRENT,
    }[row["method"]]
    basis = Decimal(row["of"])
    rounding, option, amount = read_rounding(row["rounding"])
    units = Decimal(row.get("for", "1"))
    rate = Decimal(row["%"] or "0") / 100
    rule = PriceRule(method, basis, rate, rounding, option, amount, price_quantity=units)

    price = list_price(rule, ProductCosts(list_price=basis, current_cost=basis))

    assert price == Decimal(row["price"])


def read_rounding(text: str) -> tuple[PriceRounding, RoundingOption, Decimal | None]:
    """Read, say, "nearest multiple of 0.05"."""
    if not text:
        return PriceRounding.NONE, RoundingOption.MULTIPLE_OF, None
    policy, rest = text.split(" ", 1)
    option, amount = rest.rsplit(" ", 1)
    return (
        PriceRounding(policy),
        RoundingOption(option.replace(" ", "_")),
        Decimal(amount),
    )


@pytest.mark.parametrize("row", rows_of("bands"))
def test_discounts_volume_as_the_page_says(row: dict[str, str]) -> None:
    kind = DiscountKind(row["kind"])
    scale = 100 if kind == DiscountKind.PERCENT else 1
    bands = [
        Band(Decimal(low), Decimal(high) if high else None, Decimal(value) / scale)
        for low, high, value in re.findall(r"([\d.]+)–([\d.]*): ([\d.]+)", row["bands"])
    ]

    off = volume_discount(
        DiscountList(kind, bands, "EUR"),
        quantity=Decimal(row["quantity"]),
        unit_price=Decimal(row["price"]),
        price_quantity=Decimal(row["for"]),
        currency="EUR",
    )

    assert off == Decimal(row["off the price"])


@pytest.mark.parametrize("row", rows_of("ordered"))
def test_bills_in_parts_as_the_page_says(row: dict[str, str]) -> None:
    ordered = Portion(
        Decimal(row["ordered"]), Amounts(taxable=Decimal(row["net"]), tax=Decimal(row["tax"]))
    )
    parts, billed = [], Portion()

    for quantity in decimals(row["quantities"]):
        parts.append(next_part(ordered, billed, quantity, currency=row["currency"]))
        billed += parts[-1]

    assert ", ".join(str(part.amounts.net) for part in parts) == row["nets"]
    assert ", ".join(str(part.amounts.tax) for part in parts) == row["taxes"]
    assert billed == ordered


@pytest.mark.parametrize("row", rows_of("order total"))
def test_asks_for_shares_as_the_page_says(row: dict[str, str]) -> None:
    whole = Amounts(taxable=Decimal(row["order total"]))
    line = LedgerLine("1", Decimal(0), Units(Decimal(1)), whole)
    ledger = Ledger(row["currency"], Rounding.HALF_UP, (line,))
    shares = Decimal(0)
    asked: list[Decimal] = []

    for share in decimals(row["shares %"]):
        before = sum(asked, Decimal(0))
        asked.append(ledger.share(share / 100, shares_before=shares, asked_before=before))
        shares += share / 100

    assert ", ".join(str(amount) for amount in asked) == row["asked for"]


@pytest.mark.parametrize("row", rows_of("down payment"))
def test_splits_a_down_payment_as_the_page_says(row: dict[str, str]) -> None:
    order = read_groups(row["order (rate: taxable + tax)"])

    parts, freight = spread_advance(
        Decimal(row["down payment"]),
        order,
        dict.fromkeys(order, TaxAmount()),
        freight=Decimal(0),
        freight_ahead=Decimal(0),
        currency=row["currency"],
        rounding=Rounding.HALF_UP,
    )

    assert parts == read_groups(row["parts (rate: taxable + tax)"])
    assert freight == 0


def read_groups(text: str) -> dict[Decimal, TaxAmount]:
    """Read, say, "19: 300.00 + 57.00"."""
    return {
        Decimal(rate) / 100: TaxAmount(Decimal(taxable), Decimal(tax))
        for rate, taxable, tax in re.findall(r"([\d.]+): ([\d.]+) \+ ([\d.]+)", text)
    }


@pytest.mark.parametrize("row", rows_of("asked ahead"))
def test_deducts_a_down_payment_as_the_page_says(row: dict[str, str]) -> None:
    ahead, left = TaxAmount(Decimal(row["asked ahead"])), TaxAmount(Decimal(row["left to bill"]))
    deducted: list[TaxAmount] = []

    for billed in map(TaxAmount, decimals(row["billed in parts"])):
        deducted.append(deduct(ahead, billed, left, row["currency"], Rounding.HALF_UP))
        ahead, left = ahead - deducted[-1], left - billed

    assert ", ".join(str(each.taxable) for each in deducted) == row["deducted"]
    assert ahead == TaxAmount()


@pytest.mark.parametrize("row", rows_of("asked ahead, issued"))
def test_issues_deductions_as_the_page_says(row: dict[str, str]) -> None:
    issued, credited, drafted, deducted, now = (
        TaxAmount(Decimal(figure)) for figure in list(row.values())[:5]
    )
    advance = Advance(
        asked=issued - credited + drafted,
        deducted=deducted + now,
        drafted=drafted,
        deducted_in_drafts=now,
    )
    ledger = Ledger("EUR", Rounding.HALF_UP, (), advances={Decimal(0): advance})

    refused = ledger.deducts_drafts({Decimal(0): now})

    assert ("no" if refused else "yes") == row["may be issued"]


@pytest.mark.parametrize("row", rows_of("to take off"))
def test_takes_a_trade_in_off_as_the_page_says(row: dict[str, str]) -> None:
    line = DeductionLine("1", Decimal(0), TaxAmount(Decimal(row["to take off"])))
    left = TaxAmount(Decimal(row["left to sell"]))
    taken: list[Decimal] = []

    for sold in map(TaxAmount, decimals(row["sold in parts"])):
        now = take_off([line], sold, left, row["currency"], Rounding.HALF_UP)["1"]
        taken.append(now.taxable)
        line, left = replace(line, taken=line.taken + now), left - sold

    assert ", ".join(map(str, taken)) == row["taken off"]
    assert line.open == TaxAmount()


@pytest.mark.parametrize("row", rows_of("sold at"))
def test_measures_trade_ins_as_the_page_says(row: dict[str, str]) -> None:
    rate = Decimal(row["discount on everything %"] or 0) / 100
    one, nothing = Decimal(1), Price(Decimal(0))
    sold = LineInput("1", one, Decimal(row["sold at"]))
    off = LineInput("2", one, -Decimal(row["trade-ins and rebates"]), is_deduction=True)
    lines = [(sold, Price(Decimal(row["list price"]))), (off, nothing)]
    terms = Terms("EUR", discount_rate=rate)

    given = document_concession(lines, terms)

    assert given is not None
    assert given.rate == list_discount(lines, terms).rate == Decimal(row["given %"]) / 100


@pytest.mark.parametrize("row", rows_of("listed"))
def test_measures_discounts_as_the_page_says(row: dict[str, str]) -> None:
    listed, volume = read_price(row["listed"]), Decimal(row["volume discount"] or 0)
    asked = read_price(row["typed price"]) if row["typed price"] else listed
    is_rate = row["discount"].endswith("%")
    discount = Decimal(row["discount"].removesuffix(" %") or 0)
    line = LineInput(
        "1",
        Decimal(row["quantity"]),
        asked.amount,
        price_quantity=asked.price_quantity,
        volume_discount=Decimal(0) if row["typed price"] else volume,
        discount_amount=None if is_rate else discount,
        discount_rate=discount / 100 if is_rate else None,
        tax_rate=Decimal(row["tax % included"] or 0) / 100,
    )
    terms = Terms("EUR", prices_include_tax=bool(row["tax % included"]))

    reference = Price(listed.amount - volume, listed.price_quantity)
    given = line_concession(line, reference, terms).rate
    less = list_discount([(line, listed)], terms).rate

    assert round(given * 100, 2) == Decimal(row["a person gives %"])
    assert round(less * 100, 2) == Decimal(row["the customer pays less %"])


def read_price(text: str) -> Price:
    """Read, say, "3.99 / 100"."""
    amount, _, units = text.partition(" / ")
    return Price(Decimal(amount), Decimal(units or 1))


@pytest.mark.parametrize("row", rows_of("closed after"))
def test_closes_the_rest_as_the_page_says(row: dict[str, str]) -> None:
    ordered, whole = Decimal(row["of units"]), Amounts(Decimal(row["net"]), tax=Decimal(row["tax"]))
    part = next_part(
        Portion(ordered, whole), Portion(), Decimal(row["closed after"]), currency=row["currency"]
    )
    line = LedgerLine("1", Decimal(0), Units(ordered, billed=part.quantity), whole, part.amounts)

    kept = line.short_close(row["currency"], Rounding.HALF_UP)

    assert kept == part
    assert (str(kept.amounts.net), str(kept.amounts.tax)) == (row["net kept"], row["tax kept"])


@pytest.mark.parametrize("row", rows_of("converted"))
def test_exchanges_as_the_page_says(row: dict[str, str]) -> None:
    base_amount = to_base(Decimal(row["converted"]), Decimal(row["rate"]), row["base"])

    assert str(base_amount) == row["base amount"]


@pytest.mark.parametrize("row", rows_of("issued"))
def test_is_due_when_the_page_says(row: dict[str, str]) -> None:
    rule = DueRule(int(row["days"]), int(row["months"]), bool(row["end of month"]))

    assert rule.due_on(dt.date.fromisoformat(row["issued"])).isoformat() == row["due"]


@pytest.mark.parametrize("row", rows_of("paid in parts"))
def test_splits_what_is_due_as_the_page_says(row: dict[str, str]) -> None:
    shares = [Share(rate / 100, DueRule(days)) for rate, days in by_days(row["share after days"])]

    due = split_by_shares(
        Decimal(row["paid in parts"]), shares, currency=row["currency"], issued_on=TODAY
    )

    parts = [(str(part.amount), (part.due_on - TODAY).days) for part in due]
    assert parts == [(f"{amount:f}", days) for amount, days in by_days(row["part after days"])]


@pytest.mark.parametrize("row", rows_of("early payment of"))
def test_lets_who_pays_early_keep_what_the_page_says(row: dict[str, str]) -> None:
    kept = early_payment_discount(
        Decimal(row["early payment of"]), Decimal(row["%"]) / 100, row["currency"]
    )

    assert str(kept) == row["may be kept"]


def by_days(cell: str) -> list[tuple[Decimal, int]]:
    """Read figures, each with its days."""
    pairs = (pair.split(": ") for pair in cell.split(", "))
    return [(Decimal(figure), int(days)) for figure, days in pairs]
