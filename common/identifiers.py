"""Identifiers: UUIDv7 primary keys, which are also the public ids."""

from __future__ import annotations

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """Make a UUIDv7 (RFC 9562): unique, and sorted by the time it was made."""
    return uuid_utils.compat.uuid7()
