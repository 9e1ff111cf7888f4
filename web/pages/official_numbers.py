"""Official numbers of invoices: which system gives them."""

from __future__ import annotations

from common.read_cache import cached_read
from fulfilment.models import Connection
from fulfilment.services.duties import numbering_system
from sales.models import Invoice

_system_of = cached_read(numbering_system)


def giving_system(invoice: Invoice) -> Connection | None:
    """Return the system that gives an invoice its official number; None for one of theirs."""
    return None if invoice.origin else _system_of(invoice.company_id)


def is_without(invoice: Invoice) -> bool:
    """Whether an invoice is issued here and has no official number yet."""
    return bool(invoice.number) and not invoice.official_number and not invoice.origin


def awaited_system(invoice: Invoice) -> Connection | None:
    """Return the system whose official number an issued invoice waits for; one statement."""
    return giving_system(invoice) if is_without(invoice) else None
