"""Connections to the sandbox's warehouse, ERP and supply-chain system."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from demo.companies import BERLIN, COMPANY, WHOLESALE
from demo.ports import HOST
from demo.registration import register_connection
from demo.signing_secrets import ERP, SUPPLY, WAREHOUSE, signing_secret
from fulfilment.models import Connection
from fulfilment.services.duties import assign_duties
from sales.models import Company, SalesEvent

HOOK_PATH = "/hooks/throughline"

_Type = SalesEvent.Type
ORDERS = [
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
    """The URLs of the warehouse, the ERP and the supply-chain system."""

    warehouse: str = f"http://{HOST}:8101"
    erp: str = f"http://{HOST}:8102"
    supply: str = f"http://{HOST}:8103"


def register_connections(addresses: Addresses) -> None:
    """Register the connections, or update their URLs.

    The supply-chain system ships and bills what one company sells, so the others are not sent that.
    """
    wholesale = [Company.objects.get(name=WHOLESALE).pk]
    retail = list(Company.objects.filter(name__in=(COMPANY, BERLIN)).values_list("pk", flat=True))
    _register(WAREHOUSE, "Warehouse", addresses.warehouse, ORDERS, companies=retail)
    _register(ERP, "ERP", addresses.erp, TO_ERP, companies=retail)
    supply = _register(
        SUPPLY,
        "Supply chain",
        addresses.supply,
        ORDERS,
        companies=wholesale,
        kind=Connection.Kind.SUPPLY,
    )
    assign_duties(supply, ships=wholesale, bills=wholesale)


def _register(
    code: str,
    name: str,
    address: str,
    event_types: list[SalesEvent.Type],
    **options: list[UUID] | Connection.Kind,
) -> Connection:
    return register_connection(
        code=code,
        name=name,
        url=f"{address}{HOOK_PATH}",
        event_types=[str(event_type) for event_type in event_types],
        reports_as=[code],
        secret_out=signing_secret(code, "outbound"),
        secret_in=signing_secret(code, "inbound"),
        **options,
    )
