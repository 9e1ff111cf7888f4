"""Order synchronisation: keeps orders that two systems share in step."""
