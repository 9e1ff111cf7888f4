"""The warehouse: receives orders, ships them in parts, reports each step."""
