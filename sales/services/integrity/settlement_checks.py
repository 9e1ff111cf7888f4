"""Integrity checks of payments and customer credit, in SQL like those of documents."""

from __future__ import annotations

from sales.services.integrity.checks import NAME
from sales.services.integrity.verification import check_by_query, register_check

SETTLEMENT = f"""
SELECT {NAME}, figure.what, figure.stored::text, figure.expected::text
FROM sales_invoice head
LEFT JOIN (
    SELECT invoice_id,
        SUM(amount) FILTER (WHERE kind IN ('payment', 'from_credit', 'correction')) AS paid,
        SUM(amount) FILTER (WHERE kind = 'early_payment') AS discounted,
        SUM(amount) FILTER (WHERE kind = 'write_off') AS written_off,
        -SUM(amount) FILTER (WHERE kind = 'refund') AS refunded,
        -SUM(amount) FILTER (WHERE kind = 'to_credit') AS moved_to_credit
    FROM sales_payment GROUP BY invoice_id
) payments ON payments.invoice_id = head.id
LEFT JOIN (
    SELECT credits_id, SUM(total) AS credited FROM sales_invoice
    WHERE kind = 'credit_note' AND status <> 'draft' GROUP BY credits_id
) notes ON notes.credits_id = head.id
CROSS JOIN LATERAL (
    SELECT COALESCE(payments.paid, 0) AS paid, COALESCE(notes.credited, 0) AS credited,
        COALESCE(payments.discounted, 0) AS discounted,
        COALESCE(payments.written_off, 0) AS written_off,
        COALESCE(payments.refunded, 0) AS refunded,
        COALESCE(payments.moved_to_credit, 0) AS moved_to_credit
) summed
CROSS JOIN LATERAL (
    SELECT summed.paid - summed.refunded - summed.moved_to_credit AS kept
) money
CROSS JOIN LATERAL (VALUES
    ('paid', head.paid::text, summed.paid::text),
    ('credited', head.credited::text, summed.credited::text),
    ('discounted', head.discounted::text, summed.discounted::text),
    ('written off', head.written_off::text, summed.written_off::text),
    ('refunded', head.refunded::text, summed.refunded::text),
    ('moved to credit', head.moved_to_credit::text, summed.moved_to_credit::text),
    ('status', head.status, CASE
        WHEN head.kind <> 'invoice' OR head.status = 'draft' THEN head.status
        WHEN summed.paid = 0 AND summed.credited = 0 AND summed.written_off = 0
            THEN CASE WHEN head.total <= 0 AND head.status = 'paid' THEN 'paid' ELSE 'issued' END
        WHEN kept = 0 AND summed.credited > 0 AND summed.credited >= head.total THEN 'cancelled'
        WHEN kept + summed.credited + summed.discounted + summed.written_off >= head.total
            THEN 'paid'
        WHEN kept <> 0 THEN 'partly_paid'
        ELSE 'issued'
    END)
) figure(what, stored, expected)
WHERE figure.stored <> CASE figure.what
    WHEN 'status' THEN figure.expected
    ELSE figure.expected::numeric(20, 5)::text END
"""

CREDIT_ENTRIES = """
SELECT COALESCE(head.number, account.name), figure.what,
    COALESCE(figure.stored, 'missing'), COALESCE(figure.expected, 'on an invoice')
FROM sales_customercreditentry entry
FULL JOIN (
    SELECT * FROM sales_payment WHERE kind IN ('to_credit', 'from_credit')
) payment ON payment.id = entry.payment_id
LEFT JOIN sales_invoice head ON head.id = payment.invoice_id
LEFT JOIN crm_account account ON account.id = entry.account_id
CROSS JOIN LATERAL (VALUES
    ('customer credit', entry.amount::text, (-payment.amount)::text),
    ('account of its credit', entry.account_id::text, head.account_id::text),
    ('company of its credit', entry.company_id::text, head.company_id::text),
    ('currency of its credit', entry.currency, head.currency)
) figure(what, stored, expected)
WHERE entry.kind IS DISTINCT FROM 'refund' AND figure.stored IS DISTINCT FROM figure.expected
    AND (figure.what = 'customer credit' OR entry.payment_id = payment.id)
"""

CREDIT_BALANCES = """
SELECT account.name, 'customer credit in ' || entry.currency, SUM(entry.amount)::text,
    '0 at least'
FROM sales_customercreditentry entry JOIN crm_account account ON account.id = entry.account_id
GROUP BY account.id, entry.company_id, entry.currency HAVING SUM(entry.amount) < 0
"""


def register() -> None:
    """Register these checks."""
    register_check("invoices are settled by payments and credits", check_by_query(SETTLEMENT))
    register_check("customer credit comes from invoices", check_by_query(CREDIT_ENTRIES))
    register_check("customer credit is not overdrawn", check_by_query(CREDIT_BALANCES))
