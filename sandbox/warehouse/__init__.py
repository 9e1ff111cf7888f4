"""The warehouse: takes orders, ships them in parts, reports what it did."""
