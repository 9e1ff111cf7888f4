"""Fields that schemas of inbound messages share."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from common.fields import LONGEST_REFERENCE


def reference(**options: Any) -> serializers.CharField:
    """Make a field for an id, number or reference; its column is ``reference_field``."""
    return serializers.CharField(max_length=LONGEST_REFERENCE, **options)
