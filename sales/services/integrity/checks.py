"""Integrity checks of quotes, orders and invoices, each one query over all of them.

Written in SQL on purpose: a second, independent statement of the rules that the services keep
document by document.
"""

from __future__ import annotations

from collections.abc import Iterable

from sales.models import DocumentLine, Invoice
from sales.models.document_kinds import DOCUMENT_KINDS
from sales.services.integrity.verification import check_by_query, register_check

NAME = "COALESCE(head.number, 'draft ' || head.id)"
LINE_NAME = "COALESCE(head.number, 'draft ' || head.id) || ', line ' || line.position"


def listed(values: Iterable[str]) -> str:
    """Write values of a column as SQL lists them."""
    return "({})".format(", ".join(f"'{value}'" for value in values))


COUNTS = (
    f"line.kind NOT IN {listed(DocumentLine.TEXTS)} AND (line.is_taken OR NOT line.is_optional)"
)
IS_SOLD = f"line.kind IN {listed(DocumentLine.SOLD)} AND (line.is_taken OR NOT line.is_optional)"
IS_DEDUCTION = f"line.kind IN {listed(DocumentLine.DEDUCTIONS)}"
IS_AHEAD = f"line.kind IN {listed(DocumentLine.AHEAD)}"
IS_BILLED_WITH_BUNDLE = (
    "(line.bundle_line_id IS NOT NULL AND line.price_source = 'bundle' AND line.charge_amount = 0)"
)
SIGN = "CASE head.kind WHEN 'invoice' THEN 1 ELSE -1 END"
KEEPS_BILLED = "(head.kind = 'invoice' OR head.bill_again)"
"""What was credited for good stays billed: it is never billed once more."""

IS_OURS = "head.origin = ''"
"""Whether we issued it. What another system has issued keeps that system's figures."""

ASKS_AHEAD = f"head.what IN {listed(Invoice.AHEAD)}"

HEADS = """
SELECT {name}, figure.what, figure.stored::text, figure.summed::text
FROM sales_{kind} head
LEFT JOIN (
    SELECT {kind}_id AS head_id, SUM(net) AS net, SUM(header_discount) AS discount, SUM(tax) AS tax
    FROM sales_{kind}line GROUP BY {kind}_id
) lines ON lines.head_id = head.id
CROSS JOIN LATERAL (VALUES
    ('detail', head.detail, COALESCE(lines.net, 0)),
    ('discount', head.discount, COALESCE(lines.discount, 0)),
    ('tax', head.tax, COALESCE(lines.tax, 0)),
    ('total', head.total, COALESCE(lines.net, 0) - COALESCE(lines.discount, 0)
        + head.freight + COALESCE(lines.tax, 0))
) figure(what, stored, summed)
WHERE figure.stored <> figure.summed
"""

NOT_SHIPPED = """
    GREATEST(0, LEAST(
        round(line.quantity * bundle.returned_unbilled_quantity / bundle.quantity, 5),
        round(line.quantity * (bundle.closed_quantity + bundle.returned_quantity
            - bundle.closed_returned_quantity) / bundle.quantity, 5)
        - line.returned_quantity + line.replaced_quantity - line.closed_unshipped_quantity
    ))
"""
"""How many units of a part need not leave, as ``PartOf.units_not_shipped`` says."""

BILLED_QUANTITIES = f"""
WITH billed AS (
    SELECT order_line_id,
        SUM(quantity) FILTER (WHERE kind = 'invoice' AND status = 'draft') AS drafted,
        SUM(quantity) FILTER (WHERE kind = 'invoice' AND status <> 'draft') AS invoiced,
        SUM(quantity) FILTER (WHERE kind = 'credit_note') AS credited,
        SUM(quantity) FILTER (WHERE kind = 'credit_note' AND NOT bill_again) AS closed
    FROM (
        SELECT line.order_line_id, line.quantity, head.kind, head.status, head.bill_again
        FROM sales_invoiceline line JOIN sales_invoice head ON head.id = line.invoice_id
        WHERE line.order_line_id IS NOT NULL AND {IS_SOLD}
    ) lines
    GROUP BY order_line_id
)
SELECT {LINE_NAME}, figure.what, figure.stored::text, figure.counted::text
FROM sales_orderline line
JOIN sales_order head ON head.id = line.order_id
LEFT JOIN billed ON billed.order_line_id = line.id
LEFT JOIN sales_orderline bundle
    ON bundle.id = line.bundle_line_id AND bundle.quantity > 0 AND line.price_source = 'bundle'
CROSS JOIN LATERAL (VALUES
    ('drafted quantity', line.drafted_quantity, COALESCE(billed.drafted, 0)),
    ('invoiced quantity', line.invoiced_quantity, COALESCE(billed.invoiced, 0)),
    ('credited quantity', line.credited_quantity, COALESCE(billed.credited, 0)),
    ('closed quantity', line.closed_quantity, COALESCE(billed.closed, 0)),
    ('cancelled quantity', line.cancelled_quantity,
        CASE head.status WHEN 'cancelled' THEN line.quantity
            ELSE LEAST(line.cancelled_quantity, {NOT_SHIPPED}) END)
) figure(what, stored, counted)
WHERE figure.stored <> figure.counted
"""
"""Parts of sets that came back before they were billed may be cancelled as far as they did not."""

BILLED_AMOUNTS = f"""
WITH billed AS (
    SELECT line.order_line_id,
        SUM(sign * line.quantity) AS quantity,
        SUM(sign * line.net) AS net,
        SUM(sign * (line.net - line.header_discount)) AS taxable,
        SUM(sign * line.header_discount) AS header_discount,
        SUM(sign * line.discount) AS discount,
        SUM(sign * line.promotion_discount) AS promotion_discount,
        SUM(sign * line.charge) AS charge,
        SUM(sign * line.tax) AS tax
    FROM sales_invoiceline line
    JOIN sales_invoice head ON head.id = line.invoice_id
    CROSS JOIN LATERAL (SELECT CASE head.kind WHEN 'invoice' THEN 1 ELSE -1 END) side(sign)
    WHERE line.order_line_id IS NOT NULL AND (head.kind = 'invoice' OR head.bill_again)
    GROUP BY line.order_line_id
    HAVING bool_and(head.origin = '')
)
SELECT {LINE_NAME}, 'billed ' || figure.what, figure.stored::text, figure.agreed::text
FROM billed
JOIN sales_orderline line ON line.id = billed.order_line_id
JOIN sales_order head ON head.id = line.order_id
CROSS JOIN LATERAL (VALUES
    ('net', billed.net, line.net),
    ('taxable', billed.taxable, line.net - line.header_discount),
    ('header discount', billed.header_discount, line.header_discount),
    ('discount', billed.discount, line.discount),
    ('promotion discount', billed.promotion_discount, line.promotion_discount),
    ('charge', billed.charge, line.charge),
    ('tax', billed.tax, line.tax)
) figure(what, stored, agreed)
WHERE figure.stored NOT BETWEEN LEAST(figure.agreed, 0) AND GREATEST(figure.agreed, 0)
    OR (NOT {IS_DEDUCTION} AND figure.stored <> CASE billed.quantity
        WHEN line.quantity THEN figure.agreed WHEN 0 THEN 0 ELSE figure.stored END)
"""
"""Drafts included: what is billed is part of what is agreed, and all of it once all is billed.
Another system that bills an order rounds in its own way; its sums are compared when they come in.

A deduction is counted in money alone: how much of it is due is in ``STATUSES``.
"""

ADVANCES = f"""
    SELECT head.order_id, line.kind, line.tax_rate,
        SUM(CASE head.kind WHEN 'invoice' THEN line.net ELSE -line.net END) AS net,
        SUM(CASE head.kind WHEN 'invoice' THEN line.tax ELSE -line.tax END) AS tax
    FROM sales_invoiceline line JOIN sales_invoice head ON head.id = line.invoice_id
    WHERE {IS_AHEAD} AND head.order_id IS NOT NULL
    GROUP BY head.order_id, line.kind, line.tax_rate
"""

OPEN_DEDUCTIONS = f"""
    SELECT line.order_id
    FROM sales_orderline line
    LEFT JOIN (
        SELECT part.order_line_id, SUM({SIGN} * part.net) AS net, SUM({SIGN} * part.tax) AS tax
        FROM sales_invoiceline part JOIN sales_invoice head ON head.id = part.invoice_id
        WHERE {KEEPS_BILLED}
        GROUP BY part.order_line_id
    ) taken ON taken.order_line_id = line.id
    WHERE {IS_DEDUCTION}
        AND (line.net, line.tax) <> (COALESCE(taken.net, 0), COALESCE(taken.tax, 0))
"""

STATUSES = f"""
WITH counting AS (
    SELECT line.*, line.quantity - line.cancelled_quantity AS wanted,
        line.invoiced_quantity - line.credited_quantity + line.drafted_quantity AS kept_billed,
        line.shipped_quantity - line.replaced_quantity AS departed,
        line.returned_quantity - line.replaced_quantity AS given_back,
        COALESCE(product.kind, 'goods') = 'goods' AS is_goods, {IS_BILLED_WITH_BUNDLE} AS is_part
    FROM sales_orderline line LEFT JOIN sales_product product ON product.id = line.product_id
    WHERE {IS_SOLD}
        AND line.quantity > line.cancelled_quantity
), opened AS (
    SELECT counting.*,
        is_goods AND wanted > departed + closed_unshipped_quantity AS opens_to_ship,
        drafted_quantity > 0 OR NOT is_part AND wanted > kept_billed + closed_quantity
            + returned_unbilled_quantity AS opens_to_bill
    FROM counting
), advance AS ({ADVANCES}), open_deduction AS ({OPEN_DEDUCTIONS}), derived AS (
    SELECT order_id,
        CASE
            WHEN NOT COALESCE(bool_or(shipped_quantity > 0) FILTER (WHERE is_goods), false)
                THEN 'not_started'
            WHEN bool_and(given_back = departed) FILTER (WHERE is_goods)
                AND bool_or(departed > 0) FILTER (WHERE is_goods) THEN 'returned'
            WHEN bool_or(opens_to_ship) THEN 'partly_shipped'
            WHEN bool_or(given_back > 0) FILTER (WHERE is_goods) THEN 'partly_returned'
            WHEN bool_and(delivered_quantity = shipped_quantity) FILTER (WHERE is_goods)
                THEN 'delivered'
            ELSE 'shipped'
        END AS fulfilment,
        CASE
            WHEN NOT bool_or(invoiced_quantity > 0)
                THEN CASE WHEN bool_or(opens_to_bill) THEN 'to_invoice' ELSE 'nothing' END
            WHEN bool_and(invoiced_quantity = credited_quantity) THEN 'credited'
            WHEN bool_or(opens_to_bill) THEN 'partly'
            ELSE 'invoiced'
        END AS billing,
        CASE
            WHEN bool_or(opens_to_ship OR opens_to_bill) THEN 'submitted'
            WHEN EXISTS (SELECT FROM advance WHERE advance.order_id = opened.order_id
                AND (advance.net <> 0 OR advance.tax <> 0)) THEN 'submitted'
            WHEN order_id IN (SELECT open_deduction.order_id FROM open_deduction) THEN 'submitted'
            ELSE 'completed'
        END AS status
    FROM opened GROUP BY order_id
)
SELECT {NAME}, figure.what, figure.stored, figure.derived
FROM sales_order head JOIN derived ON derived.order_id = head.id
CROSS JOIN LATERAL (VALUES
    ('fulfilment status', head.fulfilment_status, derived.fulfilment),
    ('billing status', head.billing_status, derived.billing),
    ('status', head.status, derived.status)
) figure(what, stored, derived)
WHERE head.status IN ('submitted', 'completed') AND figure.stored <> figure.derived
"""

BUNDLES = f"""
WITH parts AS (
    SELECT bundle.id, bundle.order_id, bundle.position, bundle.description, bundle.quantity AS sets,
        bundle.quantity - bundle.cancelled_quantity - bundle.closed_unshipped_quantity AS most,
        bundle.shipped_quantity AS left_sets, bundle.returned_quantity AS returned_sets,
        line.quantity AS units, line.shipped_quantity - line.replaced_quantity AS departed,
        line.returned_quantity - line.replaced_quantity AS given_back,
        power(10::numeric, -COALESCE(product.decimals, 5)) AS step
    FROM sales_orderline line JOIN sales_orderline bundle ON bundle.id = line.bundle_line_id
    JOIN sales_product part ON part.id = line.product_id AND part.kind = 'goods'
    LEFT JOIN sales_product product ON product.id = bundle.product_id
    WHERE line.price_source = 'bundle' AND line.quantity > 0 AND bundle.quantity > 0 AND {COUNTS}
), whole AS (
    SELECT id, order_id, position, most, left_sets, returned_sets,
        MIN(div(departed * sets, units * step) * step) AS departed,
        LEAST(MIN(div((departed - given_back) * sets, units * step) * step), most) AS kept,
        MAX(sets - div((units - given_back) * sets, units * step) * step) AS broken
    FROM parts GROUP BY id, order_id, position, most, left_sets, returned_sets
), followed AS (
    SELECT whole.*, LEAST(GREATEST(broken, 0), most - kept) AS returned FROM whole
)
SELECT {NAME} || ', line ' || followed.position, figure.what, trim_scale(figure.stored)::text,
    trim_scale(figure.followed)::text
FROM followed JOIN sales_order head ON head.id = followed.order_id
CROSS JOIN LATERAL (VALUES
    ('shipped quantity', left_sets, LEAST(most, GREATEST(departed, kept + returned))),
    ('returned quantity', returned_sets, returned)
) figure(what, stored, followed)
WHERE head.status <> 'draft' AND figure.stored <> figure.followed
"""
"""Whole sets of the parts that are always in a bundle: what left, and what came back for good."""

INSTALMENTS = f"""
SELECT {NAME}, figure.what, figure.stored, figure.summed
FROM sales_invoice head JOIN (
    SELECT invoice_id, SUM(amount) AS amount, MAX(due_on) AS due_on
    FROM sales_invoiceinstalment GROUP BY invoice_id
) parts ON parts.invoice_id = head.id
CROSS JOIN LATERAL (VALUES
    ('total', head.total::text, parts.amount::text),
    ('due', head.due_on::text, parts.due_on::text)
) figure(what, stored, summed)
WHERE figure.stored <> figure.summed
"""

NUMBERED = """
WITH numbered AS (
    SELECT DISTINCT company_id, 'Q' AS kind, number FROM sales_quote WHERE number IS NOT NULL
    UNION ALL
    SELECT company_id, 'O', number FROM sales_order WHERE number IS NOT NULL AND origin = ''
    UNION ALL
    SELECT company_id, CASE kind WHEN 'invoice' THEN 'INV' ELSE 'CN' END, number
    FROM sales_invoice WHERE number IS NOT NULL AND origin = ''
), counted AS (
    SELECT company_id, kind,
        regexp_replace(number, '-[0-9]+$', '') AS series,
        substring(number from '[0-9]+$')::bigint AS place
    FROM numbered
), series AS (
    SELECT series.*, company.number_prefix || series.kind || '-' || series.year AS name
    FROM sales_numberseries series JOIN sales_company company ON company.id = series.company_id
)
"""

NUMBER_GAPS = (
    NUMBERED
    + """
SELECT series.name || '-' || lpad(given::text, GREATEST(5, length(given::text)), '0'),
    'number', 'missing', 'on a document'
FROM series CROSS JOIN LATERAL generate_series(1, series.last) given
WHERE NOT EXISTS (
    SELECT 1 FROM counted WHERE counted.company_id = series.company_id
        AND counted.kind = series.kind AND counted.series = series.name AND counted.place = given
)
UNION ALL
SELECT counted.series || '-' || counted.place, 'number', 'on a document', 'given out by its series'
FROM counted LEFT JOIN series ON series.company_id = counted.company_id
    AND series.kind = counted.kind AND series.name = counted.series
WHERE series.last IS NULL OR counted.place > series.last
"""
)

EVENTS = """
SELECT {name}, 'events', COUNT(event.id)::text, head.version::text
FROM sales_{kind} head LEFT JOIN sales_salesevent event ON event.subject_id = head.id
    AND event.subject_version <= head.version
GROUP BY head.id HAVING COUNT(event.id) <> head.version
"""

EXCHANGE_RATES = """
SELECT {name}, 'exchange rate', head.exchange_rate::text, '1'
FROM sales_{kind} head JOIN sales_company company ON company.id = head.company_id
WHERE head.currency = company.base_currency AND head.exchange_rate <> 1
"""

TAKEN_OVER = """
SELECT {name}, figure.what, figure.stored, figure.taken_over
FROM sales_{kind} head JOIN sales_{source} source ON source.id = head.{key}
CROSS JOIN LATERAL (VALUES
    ('currency', head.currency, source.currency),
    ('rounding', head.rounding, source.rounding),
    ('discount method', head.discount_method, source.discount_method)
) figure(what, stored, taken_over)
WHERE figure.stored <> figure.taken_over
"""
COMES_FROM = (
    ("invoice", "order", "order_id"),
    ("order", "quote", "quote_id"),
    ("invoice", "invoice", "credits_id"),
    ("quote", "quote", "revises_id"),
)
TERMS = "UNION ALL".join(
    TAKEN_OVER.format(name=NAME, kind=kind, source=source, key=key)
    for kind, source, key in COMES_FROM
)
"""What a document takes over from the one it comes from, and keeps."""

PROMOTIONS = """
SELECT 'Promotion code ' || code.code, 'uses', code.uses::text, COALESCE(given.uses, 0)::text
FROM sales_promotioncode code LEFT JOIN (
    SELECT code_id, COUNT(*) AS uses FROM sales_promotionuse WHERE is_counted GROUP BY code_id
) given ON given.code_id = code.id
WHERE code.uses <> COALESCE(given.uses, 0)
"""

GIVEN_PROMOTIONS = """
SELECT {name}, 'promotions', given.amount::text, lines.amount::text
FROM sales_{kind} head CROSS JOIN LATERAL (
    SELECT COALESCE(SUM(amount), 0) AS amount FROM sales_promotionuse WHERE {kind}_id = head.id
) given CROSS JOIN LATERAL (
    SELECT COALESCE(SUM(promotion_discount), 0) AS amount
    FROM sales_{kind}line WHERE {kind}_id = head.id
) lines
WHERE given.amount <> lines.amount
"""
"""What the codes of a quote or an order take off is what its lines say that they do."""


def register() -> None:
    """Register these checks."""
    for kind in (each.name for each in DOCUMENT_KINDS):
        for name, query in (
            (f"{kind}s add up", HEADS),
            (f"{kind}s have their events", EVENTS),
            (f"{kind}s in the company's currency are at par", EXCHANGE_RATES),
        ):
            register_check(name, check_by_query(query.format(kind=kind, name=NAME)))
    register_check("ordered units are billed once", check_by_query(BILLED_QUANTITIES))
    register_check("invoices come to the order", check_by_query(BILLED_AMOUNTS))
    register_check("statuses follow the quantities", check_by_query(STATUSES))
    register_check("bundles follow their parts", check_by_query(BUNDLES))
    register_check("instalments make the invoice", check_by_query(INSTALMENTS))
    register_check("numbers have no gaps", check_by_query(NUMBER_GAPS))
    register_check("documents keep the terms they come with", check_by_query(TERMS))
    register_check("promotion uses are counted", check_by_query(PROMOTIONS))
    for kind in ("quote", "order"):
        query = GIVEN_PROMOTIONS.format(kind=kind, name=NAME)
        register_check(f"promotions come to the lines of {kind}s", check_by_query(query))
