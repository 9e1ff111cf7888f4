"""Telling Throughline about the sandbox's warehouse and ERP."""

from __future__ import annotations

from dataclasses import dataclass

from demo.ports import HOST
from demo.wire_secrets import ERP, WAREHOUSE, wire_secret
from fulfilment.services.connections import register_connection
from sales.models import SalesEvent

HOOK = "/hooks/throughline"
LOOPBACK = ["127.0.0.0/8", "::1/128"]

_Type = SalesEvent.Type
TO_WAREHOUSE = [
    _Type.ORDER_SUBMITTED,
    _Type.ORDER_CHANGED,
    _Type.ORDER_HELD,
    _Type.ORDER_RELEASED,
    _Type.ORDER_CANCELLED,
]
TO_ERP = [_Type.INVOICE_ISSUED, _Type.INVOICE_CREDITED, _Type.INVOICE_PAID]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the warehouse and the ERP listen."""

    warehouse: str = f"http://{HOST}:8101"
    erp: str = f"http://{HOST}:8102"


def connect(addresses: Addresses) -> None:
    """Register both connections, or move them to where their systems listen now."""
    _register(WAREHOUSE, "Warehouse", addresses.warehouse, TO_WAREHOUSE)
    _register(ERP, "ERP", addresses.erp, TO_ERP)


def _register(code: str, name: str, address: str, event_types: list[SalesEvent.Type]) -> None:
    register_connection(
        code=code,
        name=name,
        url=f"{address}{HOOK}",
        event_types=[str(event_type) for event_type in event_types],
        secret_out=wire_secret(code, "outbound"),
        secret_in=wire_secret(code, "inbound"),
        allowed_networks=LOOPBACK,
    )
