"""Integrity checks of billing: parts of orders, credits of invoices, and freight."""

from __future__ import annotations

from sales.services.integrity.checks import (
    ASKS_AHEAD,
    IS_AHEAD,
    IS_DEDUCTION,
    IS_OURS,
    IS_SOLD,
    KEEPS_BILLED,
    LINE_NAME,
    NAME,
    SIGN,
)
from sales.services.integrity.price_checks import PRICE_CHANGED, TAX_CHANGED
from sales.services.integrity.rounding import digits_of, rounded, unit_of
from sales.services.integrity.verification import check_by_query, register_check

PARTS = f"""
WITH parts AS (
    SELECT line.*, COUNT(*) OVER (PARTITION BY line.order_line_id) AS count
    FROM sales_invoiceline line WHERE line.order_line_id IS NOT NULL AND {IS_SOLD}
)
SELECT {LINE_NAME}, figure.what, trim_scale(figure.stored)::text,
    trim_scale(round(figure.agreed, 6))::text
FROM parts line
JOIN sales_invoice head ON head.id = line.invoice_id
JOIN sales_orderline agreed ON agreed.id = line.order_line_id
CROSS JOIN LATERAL (
    SELECT line.quantity / NULLIF(agreed.quantity, 0) AS share,
        2 * line.count * {unit_of("head.currency")} AS allowed,
        EXISTS (SELECT FROM sales_orderchange change WHERE change.order_id = agreed.order_id)
            AS is_changed,
        {PRICE_CHANGED.format(line="agreed")} AS price_changed,
        {TAX_CHANGED.format(line="agreed")} AS tax_changed
) part
CROSS JOIN LATERAL (VALUES
    ('tax rate', line.tax_rate,
        CASE WHEN tax_changed THEN line.tax_rate ELSE agreed.tax_rate END, 0),
    ('unit cost', line.unit_cost, agreed.unit_cost, 0),
    ('discount amount', line.discount_amount, NULL, 0),
    ('discount rate', line.discount_rate, NULL, 0),
    ('charge amount', line.charge_amount, 0, 0),
    ('unit price', line.unit_price,
        CASE WHEN price_changed THEN line.unit_price ELSE agreed.unit_price END, 0),
    ('price quantity', line.price_quantity,
        CASE WHEN price_changed THEN line.price_quantity ELSE agreed.price_quantity END, 0),
    ('volume discount', line.volume_discount,
        CASE WHEN price_changed THEN line.volume_discount ELSE agreed.volume_discount END, 0),
    ('base', line.base, CASE WHEN is_changed THEN line.base ELSE agreed.base * share END,
        CASE WHEN agreed.charge = 0 THEN 3 ELSE 4 END * allowed),
    ('charge', line.charge, CASE WHEN is_changed THEN line.charge ELSE agreed.charge * share END,
        4 * allowed),
    ('discount', line.discount, CASE WHEN is_changed THEN line.discount
        ELSE agreed.discount * share END, allowed),
    ('header discount', line.header_discount, CASE WHEN is_changed THEN line.header_discount
        ELSE agreed.header_discount * share END, allowed),
    ('promotion discount', line.promotion_discount,
        CASE WHEN is_changed THEN line.promotion_discount
        ELSE agreed.promotion_discount * share END, allowed),
    ('tax', line.tax, CASE WHEN is_changed THEN line.tax ELSE agreed.tax * share END, allowed)
) figure(what, stored, agreed, allowed)
WHERE figure.stored IS DISTINCT FROM figure.agreed AND {IS_OURS}
    AND COALESCE(abs(figure.stored - figure.agreed) > figure.allowed, true)
"""
"""A part is round(agreed × units out so far ÷ units ordered) less what is out already: half a unit
off, and as much for what was out. A credit may give back other cents than the next part takes, so
each part of a line adds two smallest units; base is the sum of three such figures, of four where
there is a charge, which is fitted between nothing and the other three. What was billed before a
change order was billed at the figures of then."""

TAKEN_OFF = f"""
SELECT {LINE_NAME}, figure.what, trim_scale(figure.stored)::text,
    trim_scale(round(figure.expected, 6))::text
FROM sales_invoiceline line
JOIN sales_invoice head ON head.id = line.invoice_id
JOIN sales_orderline agreed ON agreed.id = line.order_line_id
CROSS JOIN LATERAL (
    SELECT {unit_of("head.currency")}
        * (1 + 4 * CASE WHEN head.prices_include_tax THEN COUNT(*) ELSE 0 END) AS allowed
    FROM sales_orderchange change WHERE change.order_id = agreed.order_id
) change
CROSS JOIN LATERAL (VALUES
    ('tax rate', line.tax_rate, agreed.tax_rate, 0),
    ('what is taken off', line.base + CASE WHEN head.prices_include_tax THEN line.tax ELSE 0 END,
        line.quantity * line.unit_price / line.price_quantity, change.allowed)
) figure(what, stored, expected, allowed)
WHERE {IS_DEDUCTION} AND head.kind = 'invoice'
    AND COALESCE(abs(figure.stored - figure.expected) > figure.allowed, true)
"""
"""A single amount, or all of a trade-in or rebate as it was ordered. The tax of one may have been
moved by cents in a change order, where prices include tax."""

PRICED_PARTS = f"""
SELECT {LINE_NAME}, 'base', trim_scale(line.base)::text, trim_scale(round(part.exact, 5))::text
FROM sales_invoiceline line
JOIN sales_invoice head ON head.id = line.invoice_id
JOIN sales_orderline agreed ON agreed.id = line.order_line_id
CROSS JOIN LATERAL (
    SELECT line.quantity * (COALESCE(line.unit_price, 0) - line.volume_discount)
            / line.price_quantity
            / CASE WHEN head.prices_include_tax THEN 1 + COALESCE(line.tax_rate, 0) ELSE 1 END
            AS exact,
        {unit_of("head.currency")} * (
            CASE WHEN agreed.charge = 0 AND line.charge = 0 THEN 4 ELSE 5 END
                * (1 + (SELECT COUNT(*) FROM sales_orderchange change
                WHERE change.order_id = head.order_id))
            + 6 * (SELECT COUNT(*) FROM sales_invoiceline other
                WHERE other.order_line_id = line.order_line_id)) AS allowed
) part
WHERE {IS_SOLD} AND {IS_OURS} AND abs(line.base - part.exact) > part.allowed
    AND (EXISTS (SELECT FROM sales_orderchange change WHERE change.order_id = head.order_id)
        OR abs(line.base - agreed.base * line.quantity / NULLIF(agreed.quantity, 0))
            <= part.allowed)
    AND NOT EXISTS (SELECT FROM sales_orderchange change
        CROSS JOIN jsonb_array_elements(change.difference) entry
        WHERE change.order_id = head.order_id AND entry ->> 'line' = line.order_line_id::text
            AND entry ->> 'field' IN ('unit_price', 'price_quantity')
            AND entry ->> 'before' IS NOT NULL)
"""
"""A part reads quantity × (price − volume discount), within what `CHANGED_LINES` allows; one that
is no part of its order is named by `PARTS`. Where an earlier version took another price once a part
was billed, the rest makes up for what was billed."""

CREDITS = f"""
WITH credited AS (
    SELECT credits_line_id, SUM(quantity) AS quantity, SUM(net - header_discount) AS taxable,
        SUM(header_discount) AS header_discount, SUM(discount) AS discount,
        SUM(promotion_discount) AS promotion_discount, SUM(charge) AS charge, SUM(tax) AS tax
    FROM sales_invoiceline WHERE credits_line_id IS NOT NULL GROUP BY credits_line_id
)
SELECT {LINE_NAME}, 'credited ' || figure.what, trim_scale(figure.stored)::text,
    trim_scale(figure.billed)::text
FROM credited
JOIN sales_invoiceline line ON line.id = credited.credits_line_id
JOIN sales_invoice head ON head.id = line.invoice_id
CROSS JOIN LATERAL (VALUES
    ('quantity', credited.quantity, line.quantity),
    ('taxable', credited.taxable, line.net - line.header_discount),
    ('header discount', credited.header_discount, line.header_discount),
    ('discount', credited.discount, line.discount),
    ('promotion discount', credited.promotion_discount, line.promotion_discount),
    ('charge', credited.charge, line.charge),
    ('tax', credited.tax, line.tax)
) figure(what, stored, billed)
WHERE ({IS_OURS} OR figure.what = 'quantity') AND (
    figure.stored NOT BETWEEN LEAST(figure.billed, 0) AND GREATEST(figure.billed, 0)
    OR (credited.quantity = line.quantity AND figure.stored <> figure.billed))
"""

CREDITED_TERMS = f"""
SELECT {LINE_NAME}, figure.what, trim_scale(figure.stored)::text, trim_scale(figure.billed)::text
FROM sales_invoiceline line
JOIN sales_invoiceline billed ON billed.id = line.credits_line_id
JOIN sales_invoice head ON head.id = line.invoice_id
CROSS JOIN LATERAL (VALUES
    ('tax rate', line.tax_rate, billed.tax_rate),
    ('unit price', line.unit_price, billed.unit_price),
    ('price quantity', line.price_quantity, billed.price_quantity),
    ('volume discount', line.volume_discount, billed.volume_discount),
    ('unit cost', line.unit_cost, billed.unit_cost),
    ('discount amount', line.discount_amount, NULL),
    ('discount rate', line.discount_rate, NULL)
) figure(what, stored, billed)
WHERE figure.stored IS DISTINCT FROM figure.billed
"""

AHEAD_LINES = f"""
SELECT {LINE_NAME}, figure.what, trim_scale(figure.stored)::text, trim_scale(figure.asked)::text
FROM sales_invoiceline line JOIN sales_invoice head ON head.id = line.invoice_id
CROSS JOIN LATERAL (VALUES
    ('quantity', line.quantity, 1),
    ('base', line.base, line.unit_price),
    ('price quantity', line.price_quantity, 1),
    ('volume discount', line.volume_discount, 0),
    ('discount', line.discount, 0),
    ('discount amount', line.discount_amount, NULL),
    ('discount rate', line.discount_rate, NULL),
    ('promotion discount', line.promotion_discount, 0),
    ('header discount', line.header_discount, 0),
    ('unit cost', line.unit_cost, NULL)
) figure(what, stored, asked)
WHERE {IS_AHEAD} AND head.kind = 'invoice'
    AND figure.stored IS DISTINCT FROM figure.asked
"""
"""One amount for each tax rate, asked ahead or deducted, and nothing off it."""

HEADER_TERMS = f"""
SELECT {NAME}, figure.what, COALESCE(trim_scale(figure.stored)::text, 'empty'),
    COALESCE(trim_scale(figure.expected)::text, 'empty')
FROM sales_invoice head
CROSS JOIN LATERAL (VALUES
    ('discount amount', head.order_id IS NOT NULL OR head.kind = 'credit_note',
        head.discount_amount, 0),
    ('discount rate', head.order_id IS NOT NULL OR head.kind = 'credit_note',
        head.discount_rate, 0),
    ('share', head.kind = 'credit_note' OR NOT {ASKS_AHEAD}, head.share_rate, NULL),
    ('official tax', head.official_number = '', head.official_tax, NULL),
    ('official total', head.official_number = '', head.official_total, NULL),
    ('early-payment discount', true, head.early_payment_discount,
        {
    rounded(
        "head.total * COALESCE(head.early_payment_rate, 0)",
        "head.rounding",
        f"({digits_of('head.currency')})",
    )
})
) figure(what, applies, stored, expected)
WHERE figure.applies AND figure.stored IS DISTINCT FROM figure.expected
"""
"""The discounts of an order come with its lines, and are not typed once more."""

SHARES = f"""
SELECT {NAME}, 'share', trim_scale(head.share_rate)::text,
    trim_scale(round(head.total / source.total, 6))::text
FROM (
    SELECT invoice.*, lag(invoice.id) OVER (PARTITION BY order_id ORDER BY invoice.id) AS before
    FROM sales_invoice invoice
) head JOIN sales_order source ON source.id = head.order_id
WHERE head.share_rate IS NOT NULL AND head.before IS NULL
    AND NOT EXISTS (SELECT FROM sales_orderchange change WHERE change.order_id = source.id)
    AND (head.total - source.total * head.share_rate > {unit_of("head.currency")}
        OR (source.total * head.share_rate - head.total > {unit_of("head.currency")}
            AND NOT EXISTS (SELECT FROM sales_orderline line WHERE line.order_id = source.id
                AND line.returned_quantity > line.replaced_quantity)))
"""
"""The first share of an order; of what came back unbilled none is asked. The next ones are rounded
together with it, or ask for what is left. One that was deleted may have taken its cent."""

TAXES = f"""
WITH counts AS (
    SELECT head.order_id, COUNT(*) AS count
    FROM sales_invoiceline line JOIN sales_invoice head ON head.id = line.invoice_id
    WHERE head.order_id IS NOT NULL GROUP BY head.order_id
), lines AS (
    SELECT {LINE_NAME} AS name, line.tax,
        (line.net - line.header_discount) * COALESCE(line.tax_rate, 0) AS exact,
        (4 + 4 * COALESCE(counts.count, 1)) * {unit_of("head.currency")} AS allowed
    FROM sales_invoiceline line JOIN sales_invoice head ON head.id = line.invoice_id
    LEFT JOIN counts ON counts.order_id = head.order_id
    WHERE {IS_OURS} AND (head.order_id IS NOT NULL OR head.kind = 'credit_note')
    UNION ALL
    SELECT {LINE_NAME}, line.tax,
        (line.net - line.header_discount) * COALESCE(line.tax_rate, 0),
        (4 + 4 * changes.count) * {unit_of("head.currency")}
    FROM sales_orderline line JOIN sales_order head ON head.id = line.order_id
    JOIN (SELECT order_id, COUNT(*) AS count FROM sales_orderchange GROUP BY order_id) changes
        ON changes.order_id = head.id
)
SELECT name, 'tax', trim_scale(tax)::text, trim_scale(round(exact, 6))::text
FROM lines WHERE abs(tax - exact) > allowed
"""
"""Parts, down payments and lines of changed orders carry a share of a tax that was rounded once per
rate: a unit for the share and one for the taxable, and as much again for each line of the order
that was billed before, since what is left takes the cents of what is out."""

FREIGHT = f"""
WITH billed AS (
    SELECT head.order_id, SUM({SIGN} * head.freight) AS freight
    FROM sales_invoice head WHERE head.order_id IS NOT NULL AND {KEEPS_BILLED}
    GROUP BY head.order_id HAVING bool_and({IS_OURS})
), orders AS (
    SELECT line.order_id, bool_and(line.quantity = line.cancelled_quantity + line.drafted_quantity
        + line.invoiced_quantity - line.credited_quantity + line.closed_quantity) AS is_billed,
        bool_or(line.returned_quantity > line.replaced_quantity) AS is_given_back
    FROM sales_orderline line
    WHERE {IS_SOLD}
    GROUP BY line.order_id
)
SELECT {NAME}, 'freight billed', trim_scale(billed.freight)::text,
    trim_scale(head.freight)::text
FROM billed
JOIN sales_order head ON head.id = billed.order_id
JOIN orders ON orders.order_id = head.id
WHERE billed.freight NOT BETWEEN 0 AND head.freight
    OR (orders.is_billed AND NOT orders.is_given_back AND head.status <> 'cancelled'
        AND billed.freight <> head.freight)
UNION ALL
SELECT {NAME}, 'freight credited', trim_scale(SUM(note.freight))::text,
    trim_scale(head.freight)::text
FROM sales_invoice head JOIN sales_invoice note ON note.credits_id = head.id
WHERE {IS_OURS}
GROUP BY head.id HAVING SUM(note.freight) NOT BETWEEN 0 AND head.freight
"""
"""What comes back for good before it is billed takes its share of the freight out of the books."""

NEGATIVE = f"""
SELECT {NAME}, figure.what || CASE WHEN sums.is_freight THEN ' for freight'
        ELSE ' at ' || COALESCE(trim_scale(sums.tax_rate * 100) || '%', 'no rate') END,
    trim_scale(figure.stored)::text, '0 or more'
FROM sales_invoice head JOIN (
    SELECT invoice_id, kind = 'freight' AS is_freight, tax_rate,
        SUM(net - header_discount) AS net, SUM(tax) AS tax
    FROM sales_invoiceline GROUP BY invoice_id, kind = 'freight', tax_rate
) sums ON sums.invoice_id = head.id
CROSS JOIN LATERAL (VALUES
    ('net', sums.net + CASE WHEN sums.is_freight THEN head.freight ELSE 0 END), ('tax', sums.tax)
) figure(what, stored)
WHERE figure.stored < 0 AND (head.status <> 'draft' OR head.order_id IS NOT NULL)
"""
"""Freight asked ahead is deducted from the freight on the head of an invoice."""

NEGATIVE_AGREED = """
SELECT {name}, figure.what || ' at ' || COALESCE(trim_scale(sums.tax_rate * 100) || '%', 'no rate'),
    trim_scale(figure.stored)::text, '0 or more'
FROM sales_{kind} head JOIN (
    SELECT {kind}_id AS head_id, tax_rate, SUM(net - header_discount) AS net, SUM(tax) AS tax
    FROM sales_{kind}line GROUP BY {kind}_id, tax_rate
) sums ON sums.head_id = head.id
CROSS JOIN LATERAL (VALUES ('net', sums.net), ('tax', sums.tax)) figure(what, stored)
WHERE figure.stored < 0 AND head.status NOT IN ('draft', 'cancelled')
"""
"""Trade-ins and rebates of a quote or an order take off no more than is sold at their rate."""

BOOKS = f"""
WITH completed AS (
    SELECT head.id AS order_id, head.rounding, {digits_of("head.currency")} AS digits,
        {unit_of("head.currency")} * (
            (SELECT COUNT(*) FROM sales_orderchange change WHERE change.order_id = head.id)
            + (SELECT COUNT(*) FROM sales_invoice note WHERE note.order_id = head.id
                AND note.kind = 'credit_note' AND note.bill_again)) AS allowed
    FROM sales_order head WHERE head.status = 'completed' AND NOT EXISTS (
        SELECT FROM sales_invoice bill WHERE bill.order_id = head.id AND bill.origin <> '')
), agreed AS (
    SELECT completed.*, line.tax_rate, line.net - line.header_discount AS net, line.tax,
        CASE WHEN {IS_SOLD} AND line.quantity > 0
            AND line.returned_unbilled_quantity > 0
            THEN (line.invoiced_quantity - line.credited_quantity + line.closed_quantity)
                / line.quantity ELSE 1 END AS share
    FROM sales_orderline line JOIN completed ON completed.order_id = line.order_id
), figures AS (
    SELECT order_id, tax_rate, 0 AS billed_net, 0 AS billed_tax,
        CASE share WHEN 1 THEN net ELSE {rounded("net * share")} END AS net,
        CASE share WHEN 1 THEN tax ELSE {rounded("tax * share")} END AS tax,
        CASE share WHEN 1 THEN 0 ELSE allowed END AS allowed
    FROM agreed
    UNION ALL
    SELECT head.order_id, line.tax_rate, {SIGN} * (line.net - line.header_discount),
        {SIGN} * line.tax, 0, 0, 0
    FROM sales_invoiceline line JOIN sales_invoice head ON head.id = line.invoice_id
    JOIN completed ON completed.order_id = head.order_id
    WHERE line.kind = 'down_payment' OR (line.kind <> 'freight' AND {KEEPS_BILLED})
), books AS (
    SELECT order_id, COALESCE(tax_rate, 0) AS tax_rate, SUM(billed_net) AS billed_net,
        SUM(billed_tax) AS billed_tax, SUM(net) AS net, SUM(tax) AS tax, SUM(allowed) AS allowed
    FROM figures GROUP BY order_id, COALESCE(tax_rate, 0)
)
SELECT {NAME}, figure.what || ' at ' || trim_scale(books.tax_rate * 100) || '%',
    trim_scale(figure.billed)::text, trim_scale(figure.agreed)::text
FROM books JOIN sales_order head ON head.id = books.order_id
CROSS JOIN LATERAL (VALUES
    ('invoiced net', books.billed_net, books.net), ('invoiced tax', books.billed_tax, books.tax)
) figure(what, billed, agreed)
WHERE abs(figure.billed - figure.agreed) > books.allowed
"""
"""What an order comes to: all of it, and of goods that came back unbilled the part that was billed.
Down payments and deductions are included, and all that is credited of them; what was credited for
good stays on both sides. Of a line billed in part, a change order and a credit that may be billed
again move a smallest unit each."""


def register() -> None:
    """Register these checks."""
    register_check("invoice lines are parts of order lines", check_by_query(PARTS))
    register_check("trade-ins are taken off as they are priced", check_by_query(TAKEN_OFF))
    register_check("parts are price × quantity", check_by_query(PRICED_PARTS))
    register_check("credits are parts of invoices", check_by_query(CREDITS))
    register_check("credits have the terms of their invoices", check_by_query(CREDITED_TERMS))
    register_check("down payments are single amounts", check_by_query(AHEAD_LINES))
    register_check("down payments are shares of their orders", check_by_query(SHARES))
    register_check("invoices have the terms of their kind", check_by_query(HEADER_TERMS))
    register_check("parts are taxed at their rates", check_by_query(TAXES))
    register_check("freight is billed once", check_by_query(FREIGHT))
    register_check("no invoice is negative", check_by_query(NEGATIVE))
    for kind in ("quote", "order"):
        negative = NEGATIVE_AGREED.format(kind=kind, name=NAME)
        register_check(f"no {kind} is negative", check_by_query(negative))
    register_check("completed orders are invoiced in full", check_by_query(BOOKS))
