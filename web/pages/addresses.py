"""Addresses of documents, written in one line."""

from __future__ import annotations

from collections.abc import Mapping

from django_countries import countries


def format_address(address: Mapping[str, str]) -> str:
    """Write an address in one line; empty where nothing is known of it."""
    place = " ".join(filter(None, [address.get("postal_code"), address.get("city")]))
    country = countries.name(address.get("country", ""))
    return ", ".join(filter(None, [address.get("street"), place, country]))
