"""How the other system says no."""

from __future__ import annotations


class Refused(Exception):
    """The other system does not take this; ``status`` is the HTTP status it answers with."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Malformed(Refused):
    """What was sent does not have the shape that was agreed."""

    def __init__(self, detail: str) -> None:
        super().__init__(422, "malformed", detail)


class CannotStart(Exception):
    """Something named on the command line does not work; the message says what."""
