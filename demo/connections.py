"""Connections to the sandbox's warehouse and ERP."""

from __future__ import annotations

from dataclasses import dataclass

from demo.ports import HOST
from demo.signing_secrets import ERP, WAREHOUSE, signing_secret
from fulfilment.services.connections import register_connection
from sales.models import SalesEvent

HOOK_PATH = "/hooks/throughline"

_Type = SalesEvent.Type
TO_WAREHOUSE = [
    _Type.ORDER_SUBMITTED,
    _Type.ORDER_CHANGED,
    _Type.ORDER_HELD,
    _Type.ORDER_RELEASED,
    _Type.ORDER_CANCELLED,
]
TO_ERP = [
    _Type.INVOICE_ISSUED,
    _Type.INVOICE_CREDITED,
    _Type.INVOICE_PAID,
    _Type.INVOICE_PAYMENT_CORRECTED,
    _Type.INVOICE_PAID_FROM_CREDIT,
    _Type.INVOICE_MOVED_TO_CREDIT,
    _Type.INVOICE_REFUNDED,
    _Type.INVOICE_WRITTEN_OFF,
]


@dataclass(frozen=True, slots=True)
class Addresses:
    """The URLs of the warehouse and the ERP."""

    warehouse: str = f"http://{HOST}:8101"
    erp: str = f"http://{HOST}:8102"


def register_connections(addresses: Addresses) -> None:
    """Register both connections, or update their URLs."""
    _register(WAREHOUSE, "Warehouse", addresses.warehouse, TO_WAREHOUSE)
    _register(ERP, "ERP", addresses.erp, TO_ERP)


def _register(code: str, name: str, address: str, event_types: list[SalesEvent.Type]) -> None:
    register_connection(
        code=code,
        name=name,
        url=f"{address}{HOOK_PATH}",
        event_types=[str(event_type) for event_type in event_types],
        reports_as=[code],
        secret_out=signing_secret(code, "outbound"),
        secret_in=signing_secret(code, "inbound"),
    )
