"""Faults of invoices and credit notes, written past the triggers, and what names them."""

from __future__ import annotations

from tests.sales.planting import head, line, raised

BILLING_FAULTS: dict[str, tuple[str, list[str]]] = {
    "the units that a price of an invoice is for": (
        line("invoice", "INV-00004", 1, "price_quantity = 2"),
        [
            "INV-00004, line 1: base is 2499.98, should be 1249.99.",
            "INV-00004, line 1: discount is 175, should be 87.5.",
            "CN-00002, line 1: price quantity is 1, should be 2.",
        ],
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
    "a discount of a line": (
        line("invoice", "INV-00004", 1, "discount_rate = 0.08"),
        [
            "INV-00004, line 1: discount is 175, should be 200.",
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
    "a share of an invoice": (
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
            "O-00002, line 1: billed net is 84.37000, should be 85.37000.",
            "O-00002, line 1: billed taxable is 80.68000, should be 81.68000.",
            "INV-00003: total is 220.37000, should be 221.37000.",
            "INV-00003: early-payment discount is 4.43, should be 4.41.",
            "INV-00003, line 1: base is 82.29, should be 83.29167.",
            "INV-00003, line 1: tax is 16.34, should be 16.136.",
            "O-00002: invoiced net at 20% is 80.68, should be 81.68.",
        ],
    ),
    "an order of which a part came back, billed a cent short": (
        raised("invoice", "INV-00008", 1, net="-0.01"),
        [
            "INV-00008: total is 278.55000, should be 278.56000.",
            "O-00006: invoiced net at 5.5% is 216.64, should be 216.65.",
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
}
