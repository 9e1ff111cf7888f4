"""`manage.py verify` names faults in which every sum still adds up, by figures alone."""

from __future__ import annotations

import re

import pgtrigger
from django.db import connection, transaction

from sales.services.integrity.verification import verify
from tests.database_assertions import sql
from tests.factories import Market
from tests.sales.planted_billing_faults import BILLING_FAULTS
from tests.sales.planting import head, line, raised
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
    "the units that an offered price is for": (
        line("quote", "Q-00003", 1, "price_quantity = 0.5"),
        ["Q-00003, line 1: base is 1249.99, should be 2499.98.", "Q-00003 r1: content"],
    ),
    "a discount of each unit": (
        head("quote", "Q-00001", "discount_method = 'per_unit'"),
        [
            "Q-00001, line 3: discount is 17.25, should be 49.75.",
            "Q-00001 r1: content",
            "O-00001: discount method is whole_line, should be per_unit.",
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
    "a promotion on an option that is not taken": (
        line("quote", "Q-00001", 4, "promotion_discount = 1"),
        [
            "Q-00001, line 4: promotion discount is 1, should be 0.",
            "Q-00001: promotions is 220.70000, should be 221.70000.",
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
    **BILLING_FAULTS,
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
