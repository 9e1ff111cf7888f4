from fulfilment.admin import connections, handoffs, inbound, mappings, shipments

__all__ = ["connections", "handoffs", "inbound", "mappings", "shipments"]
