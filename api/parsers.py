"""Strict JSON: UTF-8, no NaN, limited nesting, each key of an object once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from common.errors import DomainError
from common.json_reading import find_unstorable
from fulfilment.inbound.bodies import read_body

DEEPEST: Final = 32


class StrictJSONParser(BaseParser):
    """Parses a JSON object that has one meaning, however it is read."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the object."""
        try:
            value = read_body(stream.read())
        except DomainError as error:
            raise ParseError(str(error)) from error
        if not isinstance(value, dict):
            raise ParseError(_("The body must be one JSON object."))
        if problem := find_unstorable(value, DEEPEST):
            raise ParseError(str(problem))
        return value
