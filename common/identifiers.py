"""Public identifiers."""

from __future__ import annotations

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562): unique everywhere, sorted by the time it was made."""
    return uuid_utils.compat.uuid7()
