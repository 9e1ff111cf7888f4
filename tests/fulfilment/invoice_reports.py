"""Reports about an invoice, each list in the order of their sequences."""

from __future__ import annotations

from typing import Any

from sales.models import Invoice, Product
from tests.fulfilment.messages import credited, paid, posted, taken_back

Message = dict[str, Any]


def corrected(message: Message) -> Message:
    return message | {"correction": True}


def reports_of_the_official_invoice(invoice: Invoice) -> list[Message]:
    dollars = posted(invoice, f"{invoice}-SI1", tax="1.00")
    dollars["data"]["tax"]["currency"] = "USD"
    strange = posted(invoice, f"{invoice}-SI1", total="119.00")
    strange["data"]["issued_on"] = "9999-12-31"
    return [
        posted(invoice, f"{invoice}-SI1", tax="20.01", total="120.01"),
        posted(invoice, f"{invoice}-SI1", tax="20.00", total="120.05"),
        strange,
        dollars,
        posted(invoice, f"{invoice}-SI2", tax="19.00"),
    ]


def reports_of_a_corrected_number(invoice: Invoice) -> list[Message]:
    return [
        posted(invoice, f"{invoice}-SI1", total="99.00"),
        corrected(posted(invoice, f"{invoice}-SI2", total="120.02")),
        posted(invoice, f"{invoice}-SI2", total="120.01"),
        paid(invoice, f"{invoice}-SI1", "30.00"),
    ]


def reports_of_other_numbers(invoice: Invoice) -> list[Message]:
    return [
        posted(invoice, f"{invoice}-SI1", total="119.00"),
        posted(invoice, f"{invoice}-SI2", total="121.00"),
        paid(invoice, f"{invoice}-SI1", "30.00"),
        posted(invoice, f"{invoice}-SI3", total="120.00"),
        posted(invoice, f"{invoice}-SI2", tax="19.00"),
    ]


def reports_of_a_payment(invoice: Invoice) -> list[Message]:
    early = paid(invoice, f"{invoice}-SI1", "10.00")
    early["data"]["paid_on"] = "1969-12-31"
    return [
        early,
        paid(invoice, f"{invoice}-SI1", "50.00"),
        paid(invoice, f"{invoice}-SI1", "60.00"),
        taken_back(invoice, "20.00"),
        paid(invoice, f"{invoice}-SI1", "-5.00"),
    ]


def reports_of_a_corrected_payment(invoice: Invoice) -> list[Message]:
    return [
        paid(invoice, f"{invoice}-SI1", "50.00"),
        taken_back(invoice, "5.00"),
        corrected(paid(invoice, f"{invoice}-SI1", "45.00")),
        taken_back(invoice, "7.00", reference="CB-2"),
        taken_back(invoice, "9.00", reference="CB-2"),
    ]


def reports_of_a_reversal_of_too_much(invoice: Invoice) -> list[Message]:
    return [
        paid(invoice, f"{invoice}-SI1", "150.00"),
        taken_back(invoice, "20.00"),
        taken_back(invoice, "100.00", reference="CB-2"),
        posted(invoice, f"{invoice}-SI1", total="119.00"),
    ]


def second_payment(invoice: Invoice, amount: str) -> Message:
    message = paid(invoice, f"{invoice}-SI1", amount)
    message["data"]["payment_ref"] = f"PAY2-{invoice.number}"
    return message


def reports_of_reversals_of_more_than_was_paid(invoice: Invoice) -> list[Message]:
    return [
        paid(invoice, f"{invoice}-SI1", "100.00"),
        taken_back(invoice, "90.00", "V-1"),
        taken_back(invoice, "20.00", "V-2"),
        taken_back(invoice, "10.00", "V-3"),
    ]


def reports_of_a_correction_below_what_was_reversed(invoice: Invoice) -> list[Message]:
    return [
        posted(invoice, f"{invoice}-SI1"),
        paid(invoice, f"{invoice}-SI1", "100.00"),
        taken_back(invoice, "90.00", "V-1"),
        paid(invoice, f"{invoice}-SI1", "50.00") | {"correction": True},
    ]


def reports_of_a_reversal_of_what_was_paid_twice(invoice: Invoice) -> list[Message]:
    return [
        posted(invoice, f"{invoice}-SI1"),
        paid(invoice, f"{invoice}-SI1", "50.00"),
        taken_back(invoice, "50.00"),
        second_payment(invoice, "120.00"),
    ]


def reports_of_reversals_of_a_part_of_the_surplus(invoice: Invoice) -> list[Message]:
    return [
        paid(invoice, f"{invoice}-SI1", "100.00"),
        second_payment(invoice, "70.00"),
        taken_back(invoice, "10.00"),
        taken_back(invoice, "60.00", "CB-2", payment_ref=f"PAY2-{invoice.number}"),
    ]


def reports_of_more_than_is_open(invoice: Invoice) -> list[Message]:
    late = paid(invoice, f"{invoice}-SI1", "60.00")
    late["data"]["payment_ref"] = f"PAY2-{invoice.number}"
    last = paid(invoice, f"{invoice}-SI1", "15.00")
    last["data"]["payment_ref"] = f"PAY3-{invoice.number}"
    return [paid(invoice, f"{invoice}-SI1", "70.00"), late, last, posted(invoice, f"{invoice}-SI1")]


def reports_that_cannot_be(invoice: Invoice) -> list[Message]:
    early, later = posted(invoice, f"{invoice}-SI1"), paid(invoice, f"{invoice}-SI2", "50.00")
    early["data"]["issued_on"] = "1969-12-31"
    later["data"]["paid_on"] = "9999-12-31"
    unpaid = taken_back(invoice, "20.00")
    return [early, later, unpaid, posted(invoice, f"{invoice}-SI3", total="121.00")]


def reports_of_credit_of_the_rest(invoice: Invoice) -> list[Message]:
    Product.objects.update(decimals=2)
    line = [{"invoice_line": str(invoice.lines.get().pk), "quantity": "0.25"}]
    return [
        credited(invoice, f"{invoice}-CR1", "30.00", lines=line),
        credited(invoice, f"{invoice}-CR2", "90.00"),
        posted(invoice, f"{invoice}-SI1"),
        posted(invoice, f"{invoice}-SI1", tax="19.00"),
    ]


def reports_of_credit(invoice: Invoice) -> list[Message]:
    line = str(invoice.lines.get().pk)
    half = [{"invoice_line": line, "quantity": "0.25"}]
    return [
        credited(invoice, f"{invoice}-CR1", "30.00", lines=half),
        credited(invoice, f"{invoice}-CR2", "30.00", lines=half),
        posted(invoice, f"{invoice}-SI1"),
        paid(invoice, f"{invoice}-SI1", "20.00"),
    ]


OF_INVOICES = [
    reports_of_the_official_invoice,
    reports_of_a_corrected_number,
    reports_of_other_numbers,
    reports_of_a_payment,
    reports_of_a_corrected_payment,
    reports_of_a_reversal_of_too_much,
    reports_of_reversals_of_more_than_was_paid,
    reports_of_a_correction_below_what_was_reversed,
    reports_of_a_reversal_of_what_was_paid_twice,
    reports_of_reversals_of_a_part_of_the_surplus,
    reports_of_more_than_is_open,
    reports_that_cannot_be,
    reports_of_credit,
    reports_of_credit_of_the_rest,
]
