"""Why goods do not leave, or nothing is billed, here: another system does it for the company."""

from __future__ import annotations

from crm.models import User
from sales.models import Company, Invoice
from sales.services.documents.duties import (
    refuse_if_billed_elsewhere,
    refuse_if_issued_elsewhere,
    refuse_if_shipped_elsewhere,
)
from web.pages.records import refusal_of


def ship_elsewhere_reason(company: Company, user: User) -> str:
    """Return why a company's goods neither leave nor come back here; empty where they do."""
    return refusal_of(lambda sold: refuse_if_shipped_elsewhere(sold, user), company)


def bill_elsewhere_reason(company: Company, user: User) -> str:
    """Return why a company's orders are neither billed nor credited here; empty where they are."""
    return refusal_of(lambda sold: refuse_if_billed_elsewhere(sold, user), company)


def credit_elsewhere_reason(invoice: Invoice, user: User) -> str:
    """Return why an invoice is not credited here: another system issued it; empty otherwise."""
    return refusal_of(lambda issued: refuse_if_issued_elsewhere(issued, user), invoice)
