"""`manage.py verify` names faults in which every sum still adds up, by figures alone."""

from __future__ import annotations

import re

import pgtrigger
from django.db import connection, transaction

from sales.services.integrity.verification import verify
from tests.database_assertions import sql
from tests.factories import Market
from tests.sales.traded_documents import TradedDocuments

HISTORY = "rows are as their history has them"


def printed(market: Market) -> list[str]:
    """Name what is wrong by the documents alone; numbers without their year, no hashes."""
    found = verify()
    differences = [str(each) for name in found if name != HISTORY for each in found[name]]
    year = market.company.today().year
    return [
        re.sub("content is .*", "content", each.replace(f"-{year}-", "-")) for each in differences
    ]


def numbered(number: str) -> str:
    """Find a document by its number, whatever the year."""
    series, place = number.split("-")
    return f"number ~ '^{series}-[0-9]+-{place}$'"


def head(kind: str, number: str, changes: str) -> str:
    """Change columns of a document."""
    return f"UPDATE sales_{kind} SET {changes} WHERE {numbered(number)};"


def line(kind: str, number: str, position: int, changes: str) -> str:
    """Change columns of a line."""
    return (
        f"UPDATE sales_{kind}line line SET {changes} FROM sales_{kind} head "
        f"WHERE head.id = {kind}_id AND {numbered(number)} AND position = {position};"
    )


def raised(kind: str, number: str, position: int, *, net: str = "0", tax: str = "0") -> str:
    """Raise net and tax of a line, and everything that they are summed to."""
    return line(
        kind,
        number,
        position,
        f"base = base + {net}, net = net + {net}, tax = line.tax + {tax}, "
        f"gross = gross + {net} + {tax}",
    ) + head(
        kind, number, f"detail = detail + {net}, tax = tax + {tax}, total = total + {net} + {tax}"
    )


FAULTS: dict[str, tuple[str, list[str]]] = {
    "a price of a submitted order": (
        line("order", "O-00001", 1, "unit_price = 1250"),
        [
            "O-00001, line 1: base is 2499.98, should be 2500.",
            "O-00001, line 1: unit price is 1250.00000, should be 1249.99000.",
            "INV-00002, line 1: unit price is 1249.99, should be 1250.",
        ],
    ),
    "the units that a price of a submitted order is for": (
        line("order", "O-00001", 1, "price_quantity = 100"),
        [
            "O-00001, line 1: base is 2499.98, should be 25.",
            "O-00001, line 1: discount is 362.5, should be 115.",
            "O-00001, line 1: price quantity is 100.00000, should be 1.00000.",
            "INV-00002, line 1: price quantity is 1, should be 100.",
        ],
    ),
    "the units that a price with tax is for": (
        line("order", "O-00002", 1, "price_quantity = 0.5"),
        [
            "O-00002, line 1: base is 83.29, should be 166.58333.",
            "INV-00003, line 1: price quantity is 1, should be 0.5.",
        ],
    ),
    "the units that a price of an invoice is for": (
        line("invoice", "INV-00004", 1, "price_quantity = 2"),
        [
            "INV-00004, line 1: base is 2499.98, should be 1249.99.",
            "INV-00004, line 1: discount is 175, should be 87.5.",
            "CN-00002, line 1: price quantity is 1, should be 2.",
        ],
    ),
    "the units that an offered price is for": (
        line("quote", "Q-00003", 1, "price_quantity = 0.5"),
        ["Q-00003, line 1: base is 1249.99, should be 2499.98.", "Q-00003 r1: content"],
    ),
    "a part billed for other units": (
        line("invoice", "INV-00003", 1, "price_quantity = 100"),
        [
            "INV-00003, line 1: base is 83.29, should be 0.83292.",
            "INV-00003, line 1: price quantity is 100, should be 1.",
        ],
    ),
    "a credit for other units": (
        line("invoice", "CN-00002", 1, "price_quantity = 100"),
        ["CN-00002, line 1: price quantity is 100, should be 1."],
    ),
    "a down payment for other units": (
        line("invoice", "INV-00001", 2, "price_quantity = 100"),
        ["INV-00001, line 2: price quantity is 100, should be 1."],
    ),
    "a discount of each unit": (
        head("quote", "Q-00001", "discount_method = 'per_unit'"),
        [
            "Q-00001, line 3: discount is 17.25, should be 49.75.",
            "Q-00001 r1: content",
            "O-00001: discount method is whole_line, should be per_unit.",
        ],
    ),
    "a rounding of its own": (
        head("invoice", "CN-00002", "rounding = 'half_even'"),
        ["CN-00002: rounding is half_even, should be half_up."],
    ),
    "a quantity of an invoice without an order": (
        line("invoice", "INV-00004", 1, "quantity = 3"),
        [
            "INV-00004, line 1: base is 2499.98, should be 3749.97.",
            "INV-00004, line 1: discount is 175, should be 262.5.",
        ],
    ),
    "a price with tax": (
        line("order", "O-00002", 1, "unit_price = 29.99"),
        [
            "O-00002, line 1: base is 83.29, should be 124.95833.",
            "INV-00003, line 1: unit price is 19.99, should be 29.99.",
        ],
    ),
    "a line raised with its quote": (
        raised("quote", "Q-00003", 1, net="10"),
        [
            "Q-00003, line 1: base is 1259.99, should be 1249.99.",
            "Q-00003, line 1: tax is 250, should be 252.",
            "Q-00003: tax at 20% is 250, should be 252.",
            "Q-00003 r1: content",
        ],
    ),
    "tax that is not its rate's": (
        raised("quote", "Q-00003", 1, tax="0.01"),
        [
            "Q-00003, line 1: tax is 250.01, should be 250.",
            "Q-00003: tax at 20% is 250.01, should be 250.",
            "Q-00003 r1: content",
        ],
    ),
    "a rate that is not the tax's": (
        line("quote", "Q-00003", 1, "tax_rate = 0.19"),
        [
            "Q-00003, line 1: tax is 250, should be 237.5.",
            "Q-00003: tax at 19% is 250, should be 237.5.",
            "Q-00003 r1: content",
        ],
    ),
    "a discount of the header": (
        head("quote", "Q-00001", "discount_rate = 0.02"),
        [
            "Q-00001, line 1: header discount is 32.06, should be 42.75.",
            "Q-00001, line 2: header discount is 27.35, should be 36.46.",
            "Q-00001, line 3: header discount is 3.49, should be 4.65.",
            "Q-00001: header discount is 62.9, should be 83.87.",
            "Q-00001 r1: content",
            "O-00001: discount rate is 0.015000, should be 0.020000.",
        ],
    ),
    "a discount moved from line to line": (
        line("quote", "Q-00001", 1, "header_discount = header_discount + 1")
        + line("quote", "Q-00001", 2, "header_discount = header_discount - 1"),
        [
            "Q-00001, line 1: header discount is 33.06, should be 32.06.",
            "Q-00001, line 1: tax is 421.08, should be 420.88.",
            "Q-00001, line 2: header discount is 26.35, should be 27.35.",
            "Q-00001, line 2: tax is 359.15, should be 359.35.",
            "O-00001, line 1: header discount is 32.06000, should be 33.06000.",
            "O-00001, line 2: header discount is 27.35000, should be 26.35000.",
        ],
    ),
    "a discount of a line": (
        line("invoice", "INV-00004", 1, "discount_rate = 0.08"),
        [
            "INV-00004, line 1: discount is 175, should be 200.",
        ],
    ),
    "a promotion on an option that is not taken": (
        line("quote", "Q-00001", 4, "promotion_discount = 1"),
        [
            "Q-00001, line 4: promotion discount is 1, should be 0.",
        ],
    ),
    "an order that is not what was quoted": (
        raised("order", "O-00001", 3, net="1"),
        [
            "O-00001, line 3: base is 250.98, should be 249.98.",
            "O-00001, line 3: header discount is 3.49, should be 3.51.",
            "O-00001, line 3: tax is 12.61, should be 12.66.",
            "O-00001: header discount is 62.9, should be 62.91.",
            "O-00001: tax at 5.5% is 12.61, should be 12.66.",
            "O-00001: detail is 4194.30000, should be 4193.30000.",
            "O-00001: total is 4974.24000, should be 4973.24000.",
            "O-00001, line 3: base is 250.98000, should be 249.98000.",
            "O-00001, line 3: net is 233.73000, should be 232.73000.",
            "O-00001, line 3: gross is 246.34000, should be 245.34000.",
            "INV-00002, line 3: base is 83.32, should be 83.66.",
            "INV-00001: share is 0.3, should be 0.299939.",
        ],
    ),
    "a line missing from what was quoted": (
        line("order", "O-00001", 3, "quote_line_id = NULL"),
        [
            "O-00001: line is missing, should be Espresso machine.",
        ],
    ),
    "a superseded quote": (
        head("quote", "Q-00002", "valid_until = '2030-01-01'"),
        [
            "Q-00002 r1: content",
        ],
    ),
    "a lost quote": (
        line("quote", "Q-00003", 1, "description = 'Grinder'"),
        [
            "Q-00003 r1: content",
        ],
    ),
    "a part billed at another price": (
        line("invoice", "INV-00002", 2, "unit_price = 18"),
        [
            "INV-00002, line 2: base is 1199.4, should be 1080.",
            "INV-00002, line 2: unit price is 18, should be 19.99.",
            "CN-00001, line 2: unit price is 19.99, should be 18.",
        ],
    ),
    "a part that is raised": (
        raised("invoice", "INV-00002", 3, net="5", tax="0.28"),
        [
            "INV-00002: total is 1907.82000, should be 1902.54000.",
            "INV-00002, line 3: base is 88.32, should be 83.326667.",
            "INV-00002, line 3: tax is 4.48, should be 4.203333.",
            "INV-00002: early-payment discount is 38.05, should be 38.16.",
        ],
    ),
    "a part taxed at another rate": (
        line("invoice", "INV-00002", 3, "tax_rate = 0.2"),
        [
            "INV-00002, line 3: tax rate is 0.2, should be 0.055.",
            "INV-00002, line 3: tax is 4.2, should be 15.282.",
            "INV-00002: net at 5.5% is -22.92, should be 0 or more.",
            "INV-00002: tax at 5.5% is -1.26, should be 0 or more.",
        ],
    ),
    "a credit of more than was billed": (
        raised("invoice", "CN-00002", 1, net="2000"),
        [
            "INV-00004: credited is 1394.99000, should be 3394.99000.",
            "INV-00004: status is issued, should be cancelled.",
            "INV-00004, line 1: credited taxable is 3162.49, should be 2324.98.",
            "CN-00002, line 1: tax is 232.5, should be 632.498.",
        ],
    ),
    "a credit at another price": (
        line("invoice", "CN-00002", 1, "unit_price = 1"),
        [
            "CN-00002, line 1: unit price is 1, should be 1249.99.",
        ],
    ),
    "freight billed twice": (
        head("invoice", "INV-00002", "freight = freight + 50, total = total + 50"),
        [
            "INV-00002: total is 1952.54000, should be 1902.54000.",
            "INV-00002: early-payment discount is 38.05, should be 39.05.",
            "O-00001: freight billed is 82.69, should be 50.",
        ],
    ),
    "freight credited twice": (
        head("invoice", "CN-00001", "freight = freight + 50, total = total + 50"),
        [
            "INV-00002: credited is 136.04000, should be 186.04000.",
            "INV-00002: freight credited is 51.36, should be 27.25.",
            "O-00001: freight billed is -17.31, should be 50.",
        ],
    ),
    "a deduction of more than was asked": (
        raised("invoice", "INV-00002", 5, net="-600")
        + line("invoice", "INV-00002", 5, "unit_price = net"),
        [
            "INV-00002: total is 1302.54000, should be 1902.54000.",
            "INV-00002: early-payment discount is 38.05, should be 26.05.",
            "INV-00002, line 5: tax is -130.5, should be -250.504.",
            "O-00001: deducted net at 20% is 1410.59, should be 1170.35.",
            "INV-00002: deducted net at 20% by issued invoices is 1252.52, should be 1170.35.",
            "O-00001: what is deducted is more than was asked, should be within it.",
        ],
    ),
    "a deducted down payment that is a draft again": (
        head(
            "invoice",
            "INV-00001",
            "status = 'draft', number = NULL, issued_on = NULL, issued_at = NULL, due_on = NULL",
        ),
        [
            "INV-00001: number is missing, should be on a document.",
            "INV-00002: deducted net at 20% by issued invoices is 652.52, should be 0.",
            "INV-00002: deducted tax at 20% by issued invoices is 130.5, should be 0.",
            "INV-00002: deducted net at 5.5% by issued invoices is 22.92, should be 0.",
            "INV-00002: deducted tax at 5.5% by issued invoices is 1.26, should be 0.",
            "INV-00002: deducted net for freight by issued invoices is 8.18, should be 0.",
        ],
    ),
    "a down payment that is no single amount": (
        line("invoice", "INV-00001", 2, "quantity = 2"),
        [
            "INV-00001, line 2: quantity is 2, should be 1.",
        ],
    ),
    "a share that was not asked for": (
        head("invoice", "INV-00001", "share_rate = 0.5"),
        [
            "INV-00001: share is 0.5, should be 0.3.",
        ],
    ),
    "a share of a bill": (
        head("invoice", "INV-00002", "share_rate = 0.5"),
        [
            "INV-00002: share is 0.5, should be empty.",
        ],
    ),
    "a negative tax": (
        raised("invoice", "INV-00005", 2, tax="-500"),
        [
            "INV-00005: total is 639.99000, should be 1139.99000.",
            "INV-00005, line 2: tax is -560, should be -60.",
            "INV-00005: tax at 20% is -310, should be 0 or more.",
            "INV-00005: early-payment discount is 22.8, should be 12.8.",
            "O-00003, line 2: billed tax is -560.00000, should be -120.00000.",
        ],
    ),
    "a trade-in that takes off more than is billed": (
        raised("invoice", "INV-00005", 2, net="-1000")
        + line("invoice", "INV-00005", 2, "unit_price = net"),
        [
            "INV-00005: total is 139.99000, should be 1139.99000.",
            "INV-00005, line 2: tax is -60, should be -260.",
            "INV-00005: net at 20% is -50.01, should be 0 or more.",
            "INV-00005: early-payment discount is 22.8, should be 2.8.",
            "O-00003, line 2: billed net is -1300.00000, should be -600.00000.",
            "O-00003, line 2: billed taxable is -1300.00000, should be -600.00000.",
        ],
    ),
    "a trade-in taken off at another price": (
        line("invoice", "INV-00005", 2, "unit_price = -290"),
        [
            "INV-00005, line 2: what is taken off is -300, should be -290.",
        ],
    ),
    "a trade-in taken off at another rate": (
        line("invoice", "INV-00005", 2, "tax_rate = 0.055"),
        [
            "INV-00005, line 2: tax rate is 0.055, should be 0.2.",
            "INV-00005, line 2: tax is -60, should be -16.5.",
            "INV-00005: net at 5.5% is -300, should be 0 or more.",
            "INV-00005: tax at 5.5% is -60, should be 0 or more.",
        ],
    ),
    "a trade-in that takes off more than is sold": (
        raised("order", "O-00003", 2, net="-2000"),
        [
            "O-00003, line 2: base is -2600, should be -600.",
            "O-00003, line 2: tax is -120, should be -520.",
            "O-00003: net at 20% is -100.02, should be 0 or more.",
            "O-00003: tax at 20% is 380, should be -20.",
            "O-00003: what is to be taken off is more than is left to bill, should be within it.",
        ],
    ),
    "a trade-in that is raised alone": (
        line("order", "O-00003", 2, "unit_price = -700"),
        [
            "O-00003, line 2: base is -600, should be -700.",
        ],
    ),
    "a rebate that is not taken off in full": (
        raised("invoice", "INV-00006", 2, net="5")
        + line("invoice", "INV-00006", 2, "unit_price = net"),
        [
            "INV-00006: total is 268.86000, should be 263.86000.",
            "INV-00006, line 2: tax is -4, should be -3.",
            "INV-00006: early-payment discount is 5.28, should be 5.38.",
            "O-00004: invoiced net at 20% is 224.88, should be 219.88.",
            "O-00004: status is completed, should be submitted.",
        ],
    ),
    "a completed order billed short": (
        raised("invoice", "INV-00003", 1, net="-1"),
        [
            "O-00002, line 1: billed net is 82.29000, should be 83.29000.",
            "O-00002, line 1: billed taxable is 78.65000, should be 79.65000.",
            "INV-00003: total is 217.87000, should be 218.87000.",
            "INV-00003: early-payment discount is 4.38, should be 4.36.",
            "INV-00003, line 1: base is 82.29, should be 83.29167.",
            "INV-00003, line 1: tax is 15.93, should be 15.73.",
            "O-00002: invoiced net at 20% is 78.65, should be 79.65.",
        ],
    ),
    "a discount typed on a part": (
        head("invoice", "INV-00002", "discount_rate = 0.1"),
        [
            "INV-00002: discount rate is 0.1, should be 0.",
        ],
    ),
    "an early-payment discount": (
        head("invoice", "INV-00004", "early_payment_discount = 60"),
        [
            "INV-00004: early-payment discount is 60, should be 55.8.",
        ],
    ),
    "totals of record without a number": (
        head("invoice", "INV-00004", "official_total = 1"),
        [
            "INV-00004: official total is 1, should be empty.",
        ],
    ),
    "an exchange rate in the company's own currency": (
        head("order", "O-00001", "exchange_rate = 1.1"),
        [
            "O-00001: exchange rate is 1.100000000000, should be 1.",
            "O-00001: exchange rate is 1.100000000000, should be 1.000000000000.",
        ],
    ),
    "returned goods that are not replaced": (
        line("order", "O-00001", 2, "replaced_quantity = 0"),
        [
            "O-00001, line 2: replaced quantity is 0.00000, should be 6.00000.",
        ],
    ),
    "cancelled units": (
        line("order", "O-00001", 3, "cancelled_quantity = 1"),
        [
            "O-00001, line 3: cancelled quantity is 1.00000, should be 0.",
        ],
    ),
}
"""What is written past the triggers, and what is found."""


def test_names_each_fault(market: Market) -> None:
    TradedDocuments(market)
    connection.check_constraints()
    found = {}
    for name, (statement, _) in FAULTS.items():
        with transaction.atomic():
            with pgtrigger.ignore():
                sql(statement)
                connection.check_constraints()
            found[name] = sorted(printed(market))
            transaction.set_rollback(True)

    assert found == {name: sorted(expected) for name, (_, expected) in FAULTS.items()}
    assert printed(market) == []
