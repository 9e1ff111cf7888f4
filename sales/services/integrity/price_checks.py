"""Integrity checks of prices: each line against price × quantity, and its tax against its rate.

A second statement of `sales/pricing/documents.py`, in SQL. It is exact, to the last digit, wherever
a document was priced as a whole: on every quote, on orders without a change order, and on invoices
without an order. What bills or credits a part of a line is in `billing_checks.py`.
"""

from __future__ import annotations

from sales.services.integrity.checks import COUNTS, IS_DEDUCTION, LINE_NAME, NAME
from sales.services.integrity.rounding import digits_of, rounded, unit_of
from sales.services.integrity.verification import check_by_query, register_check

UNCHANGED = "NOT EXISTS (SELECT FROM sales_orderchange change WHERE change.order_id = head.id)"

PRICED_AS_A_WHOLE = {
    "quote": "true",
    "order": UNCHANGED,
    "invoice": "head.order_id IS NULL AND head.kind = 'invoice'",
}
"""The documents of each kind whose figures were all worked out together."""

CHANGED = """EXISTS (
    SELECT FROM sales_orderchange change CROSS JOIN jsonb_array_elements(change.difference) entry
    WHERE change.order_id = {{line}}.order_id AND entry ->> 'line' = {{line}}.id::text
        AND entry ->> 'field' IN {fields})"""
TAX_CHANGED = CHANGED.format(fields="('tax_rate')")
"""Whether a change order set the tax rate of an order line, or added the line."""

PRICE_CHANGED = CHANGED.format(
    fields="('unit_price', 'price_quantity', 'volume_discount', 'discount_amount', "
    "'discount_rate', 'charge_amount')"
)
"""Whether a change order set the price of an order line, or added the line."""

DIGITS = 60
"""Digits of a price for several units, so that a quotient is never rounded twice."""

TYPED = f"""
WITH counted AS (
    SELECT head.id AS head_id, {NAME} AS head_name, {LINE_NAME} AS name, {COUNTS} AS counts,
        {IS_DEDUCTION} AS is_deduction,
        round(line.quantity * (COALESCE(line.unit_price, 0) - line.volume_discount), {DIGITS})
            / line.price_quantity AS asked,
        line.discount_amount * CASE head.discount_method WHEN 'per_unit' THEN line.quantity ELSE 1
            END AS discount_amount, line.discount_rate, line.promotion_discount, line.tax_rate,
        line.charge_amount, line.charge,
        line.base, line.discount, line.net, line.header_discount, line.tax,
        head.discount_amount AS head_amount, head.discount_rate AS head_rate,
        head.prices_include_tax, head.rounding, {digits_of("head.currency")} AS digits,
        {unit_of("head.currency")} AS unit,
        CASE WHEN head.prices_include_tax THEN 1 + COALESCE(line.tax_rate, 0) ELSE 1 END AS factor
    FROM sales_{{kind}}line line JOIN sales_{{kind}} head ON head.id = line.{{kind}}_id
    WHERE {{priced_as_a_whole}}
), based AS (
    SELECT counted.*, CASE WHEN counts THEN {rounded("asked")} ELSE 0 END AS typed_base
    FROM counted
), reduced AS (
    SELECT based.*,
        CASE WHEN NOT counts THEN 0
            WHEN discount_rate <> 0 THEN {rounded("typed_base * discount_rate")}
            ELSE {rounded("COALESCE(discount_amount, 0)")}
        END + CASE WHEN counts THEN {rounded("promotion_discount")} ELSE 0 END AS typed_discount,
        CASE WHEN counts THEN {rounded("charge_amount")} ELSE 0 END AS typed_charge,
        net - header_discount + CASE WHEN prices_include_tax THEN tax ELSE 0 END AS payable
    FROM based
), shared AS (
    SELECT reduced.*, {rounded("head_amount")} AS head_off,
        CASE WHEN is_deduction THEN 0
            WHEN prices_include_tax THEN typed_base - typed_discount + typed_charge
            ELSE net END AS amount,
        CASE WHEN prices_include_tax THEN typed_base - typed_discount + typed_charge - payable
            ELSE header_discount END AS share
    FROM reduced
)
"""
"""Every line in the terms in which it was typed: with tax where prices include it.

``amount`` is what the header discount is given on, nothing of a trade-in or rebate; ``share`` is
what it takes off a line. Where prices include tax it is stored without; as typed it is what is
neither discount nor payable, so that it is compared exactly too.
"""

LINES = (
    TYPED
    + f"""
, line_figures AS (
    SELECT shared.*, amount * (head_rate + COALESCE(
            head_off / NULLIF(SUM(amount) OVER (PARTITION BY head_id), 0), 0)) AS exact_share,
        CASE WHEN counts THEN payable * COALESCE(tax_rate, 0) / factor ELSE 0 END AS exact_tax
    FROM shared
)
SELECT name, figure.what, trim_scale(figure.stored)::text, trim_scale(figure.expected)::text
FROM line_figures
CROSS JOIN LATERAL (VALUES
    ('base', prices_include_tax = false AND base <> typed_base, base, typed_base),
    ('base with tax', prices_include_tax AND header_discount <> {rounded("share / factor")},
        payable + typed_discount - typed_charge + {rounded("header_discount * factor")},
        typed_base),
    ('discount', discount <> {rounded("typed_discount / factor")},
        discount, {rounded("typed_discount / factor")}),
    -- without tax never more than it makes together with the base
    ('charge', charge <> LEAST({rounded("typed_charge / factor")}, GREATEST(net + discount, 0)),
        charge, LEAST({rounded("typed_charge / factor")}, GREATEST(net + discount, 0))),
    ('net', net <> base - discount + charge, net, base - discount + charge),
    ('promotion discount', NOT counts AND promotion_discount <> 0, promotion_discount, 0),
    -- shared out by largest remainder: less than a smallest unit from the exact share
    ('header discount', abs(share - exact_share) >= unit, share, {rounded("exact_share")}),
    ('tax', abs(tax - exact_tax) >= unit, tax, {rounded("exact_tax")})
) figure(what, is_wrong, stored, expected)
WHERE figure.is_wrong
"""
)

HEADS = (
    TYPED
    + f"""
, heads AS (
    SELECT head_id, head_name, SUM(share) AS share,
        CASE WHEN head_rate = 0 AND head_off = 0 THEN 0
            ELSE {rounded("head_off + SUM(amount) * head_rate")} END AS expected
    FROM shared GROUP BY head_id, head_name, head_rate, head_off, rounding, digits
), rates AS (
    SELECT head_id, head_name, tax_rate, SUM(tax) AS tax,
        {rounded("SUM(payable) * tax_rate / factor")} AS expected
    FROM shared WHERE counts AND tax_rate IS NOT NULL
    GROUP BY head_id, head_name, tax_rate, factor, rounding, digits
)
SELECT head_name, 'header discount', trim_scale(share)::text, trim_scale(expected)::text
FROM heads WHERE share <> expected
UNION ALL
SELECT head_name, 'tax at ' || trim_scale(tax_rate * 100) || '%', trim_scale(tax)::text,
    trim_scale(expected)::text
FROM rates WHERE tax <> expected
"""
)

CHANGED_LINES = f"""
WITH changes AS (
    SELECT order_id, COUNT(*) AS count FROM sales_orderchange GROUP BY order_id
), lines AS (
    SELECT {LINE_NAME} AS name, line.base, line.charge,
        line.quantity * (COALESCE(line.unit_price, 0) - line.volume_discount) / line.price_quantity
            / factor AS exact, line.charge_amount / factor AS exact_charge,
        {unit_of("head.currency")} * (CASE WHEN line.charge = 0 THEN 4 ELSE 5 END
            * (1 + changes.count) + 6 * parts.count) AS allowed
    FROM sales_orderline line JOIN sales_order head ON head.id = line.order_id
    JOIN changes ON changes.order_id = head.id
    CROSS JOIN LATERAL (SELECT CASE WHEN head.prices_include_tax
        THEN 1 + COALESCE(line.tax_rate, 0) ELSE 1 END AS factor) tax
    CROSS JOIN LATERAL (
        SELECT COUNT(*) AS count FROM sales_invoiceline part WHERE part.order_line_id = line.id
    ) parts
    WHERE {COUNTS} AND (NOT {PRICE_CHANGED.format(line="line")} OR (
        parts.count = 0 AND NOT EXISTS (SELECT FROM sales_salesevent event
            WHERE event.root_id = head.id AND event.type = 'invoice.draft_deleted')))
)
SELECT name, figure.what, trim_scale(figure.stored)::text,
    trim_scale(round(figure.exact, 5))::text
FROM lines CROSS JOIN LATERAL (
    VALUES ('base', base, exact), ('charge', charge, exact_charge)
) figure(what, stored, exact)
WHERE abs(figure.stored - figure.exact) > allowed
"""
"""Lines of changed orders. Closing the rest scales taxable, header discount and discount of a line,
each rounded: half a unit thrice, and half a unit of the price itself. Where prices include tax, the
tax taken out adds a unit, and both discounts half a unit each; a charge adds a unit. What is billed
of a line is kept with its cents; at another price, where that changed since: such a line is left
out."""


def register() -> None:
    """Register these checks."""
    for kind, condition in PRICED_AS_A_WHOLE.items():
        terms = {"kind": kind, "priced_as_a_whole": condition}
        register_check(f"{kind} lines are price × quantity", check_by_query(LINES.format(**terms)))
        register_check(
            f"{kind}s are discounted and taxed at their rates",
            check_by_query(HEADS.format(**terms)),
        )
    register_check("changed order lines are price × quantity", check_by_query(CHANGED_LINES))
