"""Names of hidden fields that forms and views share."""

from __future__ import annotations

IDEMPOTENCY_KEY = "idempotency_key"
"""The key that a form was shown with: what it asks for is done once (docs/adr/0012)."""
