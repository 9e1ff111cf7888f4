"""Duties of other systems: who ships, and who bills, the orders of a company.

One system ships and one bills what a company sells, so that nothing is shipped or billed twice. A
company names the connection of that system, and none where we do it.
"""

from __future__ import annotations

from common.sentences import sentence as _
from crm.actors import Actor, System
from sales.models import Company, Invoice
from sales.services.errors import BilledElsewhere, ShippedElsewhere


def refuse_if_shipped_elsewhere(company: Company, actor: Actor) -> None:
    """Refuse to ship a company's orders, and to take goods back, unless that is done here.

    The system that ships them is not refused.
    """
    if company.is_shipped_by(_connection_of(actor)):
        return
    raise ShippedElsewhere(
        _(
            "“%(system)s” ships the orders of %(company)s: record shipments and returns there.",
            system=company.shipped_by,
            company=company,
        )
    )


def refuse_if_billed_elsewhere(company: Company, actor: Actor) -> None:
    """Refuse to bill a company's orders, and to credit that, unless that is done here.

    The system that bills them is not refused.
    """
    if company.is_billed_by(_connection_of(actor)):
        return
    raise BilledElsewhere(
        _(
            "“%(system)s” bills the orders of %(company)s: invoice and credit them there.",
            system=company.billed_by,
            company=company,
        )
    )


def refuse_if_issued_elsewhere(invoice: Invoice, actor: Actor) -> None:
    """Refuse to credit an invoice that another system has issued, unless it is that system."""
    if invoice.origin in {"", _connection_of(actor)}:
        return
    raise BilledElsewhere(
        _(
            "%(invoice)s was issued by “%(system)s”: have it credited there.",
            system=invoice.origin,
            invoice=invoice,
        )
    )


def _connection_of(actor: Actor) -> str:
    return actor.connection if isinstance(actor, System) else ""
