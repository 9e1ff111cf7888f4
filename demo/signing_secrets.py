"""Signing secrets that this checkout shares with its sandbox."""

from __future__ import annotations

import base64

from django.utils.crypto import salted_hmac

WAREHOUSE = "warehouse"
ERP = "erp"
SUPPLY = "supply"


def signing_secret(connection: str, direction: str) -> str:
    """Derive the secret of one direction from the checkout's own key, so that nothing is stored."""
    mac = salted_hmac("demo.signing_secrets", f"{connection} {direction}", algorithm="sha256")
    return f"whsec_{base64.b64encode(mac.digest()).decode()}"
