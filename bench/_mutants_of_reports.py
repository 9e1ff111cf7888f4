"""Mutants of what reports add up to: their order, corrections, statuses, quantities, payments."""

from __future__ import annotations

from bench._mutant import Mutant, tests

REPORTS = "fulfilment/sync/reports.py"
STATUS_ORDER = "fulfilment/sync/status_order.py"
SHIPMENTS = "fulfilment/services/reported_shipments.py"
PAYMENTS = "fulfilment/inbound/payment_effects.py"
PAYMENT_REPORTS = "fulfilment/inbound/payment_reports.py"
EARLY_PAYMENT = "sales/services/billing/early_payment.py"
SETTLEMENT = "sales/services/billing/settlement.py"
OFFICIAL_NUMBERS = "fulfilment/inbound/official_invoices.py"

ADDED_UP = (
    Mutant(
        REPORTS,
        "reports count in the order of their arrival",
        "    return sorted(reports, key=lambda report: (report.sequence, report.id))\n",
        "    return list(reports)\n",
        tests("order_effects", "message_order"),
    ),
    Mutant(
        REPORTS,
        "a correction replaces nothing",
        "    return ordered[corrections[-1] :] if corrections else ordered\n",
        "    return ordered\n",
        tests("order_effects"),
    ),
    Mutant(
        REPORTS,
        "the first correction counts instead of the latest",
        "ordered[corrections[-1] :]",
        "ordered[corrections[0] :]",
        tests("order_effects", "message_order"),
    ),
    Mutant(
        REPORTS,
        "a later total is taken though it is smaller",
        "max(found.get(key, ZERO), quantity)",
        "quantity",
        tests("order_effects"),
    ),
    Mutant(
        REPORTS,
        "the first value stays instead of the last",
        "for report in reversed(reports)",
        "for report in reports",
        tests("order_effects", "credit_effects", "message_order"),
    ),
    Mutant(
        STATUS_ORDER,
        "a status moves back",
        "    return max(first, second, key=order.index)\n",
        "    return second or first\n",
        tests("order_effects", "effects"),
    ),
    Mutant(
        STATUS_ORDER,
        "what failed once is never delivered",
        '"shipped", "failed", "delivered")',
        '"shipped", "delivered", "failed")',
        tests("order_effects"),
    ),
    Mutant(
        SHIPMENTS,
        "an older correction replaces a newer one",
        "correction > shipment.corrected_sequence",
        "correction != shipment.corrected_sequence",
        tests("order_effects", "message_order"),
        explained="effective reports start from the latest correction, whichever message came last",
    ),
    Mutant(
        SHIPMENTS,
        "the shipment of another connection is taken for its own",
        "filter(source=self.actor.connection, reference__in=names)",
        "filter(reference__in=names)",
        tests("order_effects"),
    ),
    Mutant(
        SHIPMENTS,
        "parts of whole units are recorded",
        "                    check_part(lines[pk], quantity, left=left)\n",
        "                    check_part(lines[pk], quantity, left=quantity)\n",
        tests("reported_shipments", "order_effects"),
    ),
    Mutant(
        PAYMENT_REPORTS,
        "the last amount of a payment counts",
        "    counted = usable[0] if usable else None\n",
        "    counted = usable[-1] if usable else None\n",
        tests("payment_effects", "message_order"),
    ),
    Mutant(
        PAYMENT_REPORTS,
        "a reversal that is reported twice counts twice",
        "                counted[reference] = report if report.is_correction else kept\n",
        "                counted[report.id] = report if report.is_correction else kept\n",
        tests("payment_effects", "message_order"),
    ),
    Mutant(
        PAYMENTS,
        "what a person recorded is corrected",
        "if kept is not None and kept.source == PERSON and counted is not None:\n",
        "if kept is not None and kept.source == PERSON and counted is None:\n",
        tests("payment_effects"),
    ),
    Mutant(
        PAYMENTS,
        "the payment of another connection is taken for its own",
        "        mine = [pair for pair in known if pair[0].source in sources]\n",
        "        mine = list(known)\n",
        tests("payment_order"),
    ),
    Mutant(
        PAYMENTS,
        "what another connection reported is reversed",
        "        if kept is None and counted is None:\n            raise",
        "        if kept is None and counted is None and False:\n            raise",
        tests("payment_effects", "payment_order"),
    ),
    Mutant(
        EARLY_PAYMENT,
        "money counts by the order in which it is recorded",
        'money.order_by("received_on", "stays")',
        'money.order_by("id")',
        tests("payment_order"),
    ),
    Mutant(
        EARLY_PAYMENT,
        "money of one day counts by the order in which it is recorded",
        'money.order_by("received_on", "stays")',
        'money.order_by("received_on", "id")',
        tests("payment_order"),
    ),
    Mutant(
        SETTLEMENT,
        "what a credit note leaves becomes customer credit",
        "    overpaid: Decimal = min(more, invoice.to_refund)\n",
        "    overpaid: Decimal = invoice.to_refund\n",
        tests("payment_order"),
    ),
    Mutant(
        OFFICIAL_NUMBERS,
        "the latest official number counts",
        "next((each for each in preferred if",
        "next((each for each in reversed(preferred) if",
        tests("official_invoices", "message_ends"),
    ),
    Mutant(
        OFFICIAL_NUMBERS,
        "the tolerance of a connection is not kept",
        "abs(theirs - ours) > connection.tolerance(kind)",
        "abs(theirs - ours) > 0",
        tests("effects"),
    ),
)
