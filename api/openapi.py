"""OpenAPI generator that names components after the thing: ``Order``, not ``OrderSchema``."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class ComponentSchema(AutoSchema):
    """drf-spectacular's generator, with component names without the suffix of our classes."""

    def get_summary(self) -> str | None:
        """Return the first sentence of the description, which lists of operations show."""
        text = self.get_description() or ""
        return " ".join(text.split()).partition(". ")[0].rstrip(".") or None

    def get_serializer_name(self, serializer: serializers.Serializer[Any], direction: str) -> str:
        """Return the name of a component."""
        return type(serializer).__name__.removesuffix("Schema")
