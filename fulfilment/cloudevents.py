"""CloudEvents 1.0 envelope in structured JSON, and the text forms of its values."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from sales.models import SalesEvent
from sales.pricing.money import round_money

CONTENT_TYPE = "application/cloudevents+json"
TYPE_PREFIX = "throughline."


def message_id(event: SalesEvent) -> str:
    """Return the id of an event in messages and in the event feed."""
    return f"evt_{event.pk.hex}"


def money(amount: Decimal, currency: str) -> dict[str, str]:
    """Format an amount with all decimals of its currency."""
    return {"amount": f"{round_money(amount, currency):f}", "currency": currency}


def price(amount: Decimal, currency: str) -> dict[str, str]:
    """Format a unit price with its currency's decimals, or with more if it has more."""
    rounded = round_money(amount, currency)
    return {"amount": f"{rounded:f}" if rounded == amount else plain(amount), "currency": currency}


def plain(number: Decimal) -> str:
    """Format a number without exponent and without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def moment(at: dt.datetime) -> str:
    """Format a moment in UTC with microseconds (RFC 3339)."""
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def envelope(event: SalesEvent, data: Mapping[str, Any]) -> str:
    """Serialise an event as the body that every attempt sends."""
    return orjson.dumps({**attributes(event), "data": data}).decode()


def attributes(event: SalesEvent) -> dict[str, str]:
    """Return the CloudEvents attributes of an event, without its data."""
    at = moment(event.occurred_at)
    named = {
        "specversion": "1.0",
        "id": message_id(event),
        "source": f"/{event.subject_type}s/{event.subject_id}",
        "type": TYPE_PREFIX + event.type,
        "subject": event.subject_number,
        "time": at,
        "timestamp": at,
        "datacontenttype": "application/json",
        "sequence": f"{event.subject_version:020d}",
    }
    if event.correlation_id:
        named["correlationid"] = event.correlation_id
    if event.causation_id:
        named["causationid"] = event.causation_id
    return named


def digest(text: str | bytes) -> str:
    """Return the SHA-256 of a text in hexadecimal digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
