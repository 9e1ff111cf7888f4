"""Names of an order's fields, in product words, by their paths as in fulfilment.sync.policies."""

from __future__ import annotations

from collections.abc import Mapping

from common.sentences import Sentence
from common.sentences import sentence as _

NAMES: Mapping[str, Sentence] = {
    "head.currency": _("Currency"),
    "head.prices_include_tax": _("Prices include tax"),
    "head.placed_at": _("Placed"),
    "head.name": _("Name"),
    "head.header_discount": _("Discount of the order"),
    "head.freight": _("Freight"),
    "head.line_order": _("Order of the lines"),
    "head.is_cancelled": _("Cancellation"),
    "head.is_on_hold": _("Hold"),
    "head.ship_to": _("Ship to"),
    "head.bill_to": _("Bill to"),
    "head.bill_to.country": _("Country of the bill-to address"),
    "head.requested_on": _("Requested delivery"),
    "head.confirmed_on": _("Confirmed delivery"),
    "head.customer_reference": _("Customer's reference"),
    "head.payment_terms": _("Payment terms"),
    "head.processing_status": _("Their status"),
    "head.of_record": _("Totals and tax of record"),
    "head.custom": _("Custom fields"),
    "head.notes": _("Notes"),
    "head.owner": _("Owner"),
    "head.opportunity": _("Opportunity"),
}
"""What people call the fields of an order; those of a group have its name, or one of their own."""

LINE_NAMES: Mapping[str, str] = {
    name: named.template
    for name, named in {
        "product": _("Product of %(line)s"),
        "unit": _("Unit of %(line)s"),
        "description": _("Description of %(line)s"),
        "tax_rate": _("Tax rate of %(line)s"),
        "quantity": _("Quantity of %(line)s"),
        "price": _("Price of %(line)s"),
        "discount": _("Discount of %(line)s"),
        "charge": _("Charge of %(line)s"),
        "requested_on": _("Requested delivery of %(line)s"),
        "confirmed_on": _("Confirmed delivery of %(line)s"),
        "status": _("Status of %(line)s"),
        "delivered": _("Delivered quantity of %(line)s"),
        "invoiced": _("Invoiced quantity of %(line)s"),
    }.items()
}
"""What people call the fields of a line, each with a place for what the line is called."""

A_LINE = _("a line")


def field_name(path: str, line: str | Sentence = A_LINE) -> Sentence | None:
    """Name a field, and the line that it is of; None for one that is not exchanged.

    >>> str(field_name("line.7.quantity", "Grinder")), str(field_name("head.bill_to.city"))
    ('Quantity of Grinder', 'Bill to')
    """
    if path.startswith("line."):
        template = LINE_NAMES.get(path.rpartition(".")[2])
        return Sentence(template, {"line": line}) if template else None
    group = ".".join(path.split(".")[:2])
    return NAMES.get(path) or NAMES.get(group)
