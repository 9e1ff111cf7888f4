from fulfilment.models.connections import Connection, Health, Secret, sharing_orders
from fulfilment.models.disabled_periods import DisabledPeriod
from fulfilment.models.handoffs import Attempt, Handoff, Lane, Payload
from fulfilment.models.inbound import Discrepancy, ExternalRef, InboundMessage
from fulfilment.models.reconcile import ReconcileFinding, ReconcileRun
from fulfilment.models.shipments import Parcel, Shipment, ShipmentLine
from fulfilment.models.sync import Mapping, SyncState
from fulfilment.models.tolerances import InvalidConnection

__all__ = [
    "Attempt",
    "Connection",
    "DisabledPeriod",
    "Discrepancy",
    "ExternalRef",
    "Handoff",
    "Health",
    "InboundMessage",
    "InvalidConnection",
    "Lane",
    "Mapping",
    "Parcel",
    "Payload",
    "ReconcileFinding",
    "ReconcileRun",
    "Secret",
    "Shipment",
    "ShipmentLine",
    "SyncState",
    "sharing_orders",
]
