"""Statuses of orders and lines: the two enumerations of D365, and the processing status of both.

As documented for D365 (*Set up the mapping for the sales order status columns*), the document
status is that of the furthest document, whatever is confirmed later, and the processing status
follows from the two. So it hides things: *Partially Invoiced* says nothing of what is delivered.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum


class Status(StrEnum):
    """The status of an order or a line."""

    OPEN = "Open order"
    DELIVERED = "Delivered"
    INVOICED = "Invoiced"
    CANCELLED = "Cancelled"


class DocumentStatus(StrEnum):
    """The furthest document of an order."""

    NONE = "None"
    CONFIRMATION = "Confirmation"
    PICKING_LIST = "Picking list"
    PACKING_SLIP = "Packing slip"
    INVOICE = "Invoice"


PROCESSING = {
    (Status.OPEN, DocumentStatus.NONE): "Active",
    (Status.OPEN, DocumentStatus.CONFIRMATION): "Confirmed",
    (Status.OPEN, DocumentStatus.PICKING_LIST): "Picked",
    (Status.OPEN, DocumentStatus.PACKING_SLIP): "Partially Delivered",
    (Status.OPEN, DocumentStatus.INVOICE): "Partially Invoiced",
    (Status.DELIVERED, DocumentStatus.INVOICE): "Delivered and Partially Invoiced",
}
"""The processing statuses that are not the status itself."""


def line_status(wanted: Decimal, delivered: Decimal, invoiced: Decimal) -> Status:
    """Return the status of a line from its quantities.

    >>> line_status(Decimal(3), Decimal(3), Decimal(1))
    <Status.DELIVERED: 'Delivered'>
    """
    if wanted <= 0:
        return Status.CANCELLED
    if invoiced >= wanted:
        return Status.INVOICED
    return Status.DELIVERED if delivered >= wanted else Status.OPEN


def order_status(lines: Iterable[Status]) -> Status:
    """Return the status of an order: the least that all its lines have reached."""
    reached = set(lines)
    if not reached:
        return Status.OPEN
    return next(status for status in Status if status in reached)


def furthest(first: DocumentStatus, second: DocumentStatus) -> DocumentStatus:
    """Return the document that is generated later in the process."""
    return max(first, second, key=list(DocumentStatus).index)


def processing_status(status: Status, document: DocumentStatus) -> str:
    """Return the processing status.

    >>> processing_status(Status.OPEN, DocumentStatus.INVOICE)
    'Partially Invoiced'
    """
    return PROCESSING.get((status, document), str(status))
