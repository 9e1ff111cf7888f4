"""Integrity checks of down payments: invoices deduct no more than was asked for ahead."""

from __future__ import annotations

from sales.services.integrity.checks import ASKS_AHEAD, IS_AHEAD, NAME, SIGN
from sales.services.integrity.verification import check_by_query, register_check

AHEAD = f"""
WITH ahead AS (
    SELECT head.order_id, line.kind, line.tax_rate,
        string_agg(DISTINCT head.number, ', ' ORDER BY head.number)
            FILTER (WHERE head.kind = 'invoice' AND NOT {ASKS_AHEAD}) AS deducting,
        COALESCE(SUM({SIGN} * line.net) FILTER (WHERE {ASKS_AHEAD}), 0) AS asked_net,
        COALESCE(SUM({SIGN} * line.tax) FILTER (WHERE {ASKS_AHEAD}), 0) AS asked_tax,
        COALESCE(-SUM({SIGN} * line.net) FILTER (WHERE NOT {ASKS_AHEAD}), 0) AS deducted_net,
        COALESCE(-SUM({SIGN} * line.tax) FILTER (WHERE NOT {ASKS_AHEAD}), 0) AS deducted_tax
    FROM sales_invoiceline line JOIN sales_invoice head ON head.id = line.invoice_id
    WHERE {IS_AHEAD} AND head.order_id IS NOT NULL AND {{counting}}
    GROUP BY head.order_id, line.kind, line.tax_rate
)
SELECT {{name}}, 'deducted ' || figure.what || CASE ahead.kind WHEN 'freight' THEN ' for freight'
        ELSE ' at ' || trim_scale(ahead.tax_rate * 100) || '%' END || {{by}},
    trim_scale(figure.deducted)::text, trim_scale(figure.asked)::text
FROM ahead JOIN sales_order head ON head.id = ahead.order_id
CROSS JOIN LATERAL (VALUES
    ('net', ahead.deducted_net, ahead.asked_net), ('tax', ahead.deducted_tax, ahead.asked_tax)
) figure(what, deducted, asked)
WHERE {{is_wrong}}
"""
"""What was asked ahead of each order and is deducted, at each tax rate and for freight."""

ADVANCES = AHEAD.format(
    counting="true",
    name=NAME,
    by="''",
    is_wrong="figure.deducted NOT BETWEEN 0 AND figure.asked "
    "OR (head.status = 'completed' AND figure.deducted <> figure.asked)",
)

ISSUED_ADVANCES = AHEAD.format(
    counting="head.status <> 'draft'",
    name=f"COALESCE(ahead.deducting, {NAME})",
    by="' by issued invoices'",
    is_wrong="figure.deducted > figure.asked",
)
"""Names the invoices that deduct what no issued down payment asked for."""


def register() -> None:
    """Register these checks."""
    register_check("deductions are covered by down payments", check_by_query(ADVANCES))
    covered = check_by_query(ISSUED_ADVANCES)
    register_check("issued deductions are covered by issued down payments", covered)
