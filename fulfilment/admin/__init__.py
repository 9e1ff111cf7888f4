from fulfilment.admin import connections, handoffs, inbound, shipments

__all__ = ["connections", "handoffs", "inbound", "shipments"]
