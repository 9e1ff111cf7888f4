"""Errors of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """The request is refused; ``status`` is the HTTP status of the response.

    ``more`` is what the response says beside status, code and detail.
    """

    def __init__(
        self, status: int, code: str, detail: str, more: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.more = more or {}


class Malformed(Refused):
    """The request does not match the agreed schema."""

    def __init__(self, detail: str) -> None:
        super().__init__(422, "malformed", detail)


class CannotStart(Exception):
    """An option of the command line cannot be used; the message says which and why."""
