"""Planted faults: statements that change documents and their lines past every rule."""

from __future__ import annotations


def numbered(number: str) -> str:
    """Find a document by its number, whatever the year."""
    series, place = number.split("-")
    return f"number ~ '^{series}-[0-9]+-{place}$'"


def head(kind: str, number: str, changes: str) -> str:
    """Change columns of a document."""
    return f"UPDATE sales_{kind} SET {changes} WHERE {numbered(number)};"


def line(kind: str, number: str, position: int, changes: str) -> str:
    """Change columns of a line."""
    return (
        f"UPDATE sales_{kind}line line SET {changes} FROM sales_{kind} head "
        f"WHERE head.id = {kind}_id AND {numbered(number)} AND position = {position};"
    )


def raised(kind: str, number: str, position: int, *, net: str = "0", tax: str = "0") -> str:
    """Raise net and tax of a line, and everything that they are summed to."""
    return line(
        kind,
        number,
        position,
        f"base = base + {net}, net = net + {net}, tax = line.tax + {tax}, "
        f"gross = gross + {net} + {tax}",
    ) + head(
        kind, number, f"detail = detail + {net}, tax = tax + {tax}, total = total + {net} + {tax}"
    )
