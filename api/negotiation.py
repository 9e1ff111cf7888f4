"""Content negotiation of the API: JSON, also for clients that name the type of its refusals."""

from __future__ import annotations

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request

from api.problems import PROBLEM_TYPE


class JsonNegotiation(DefaultContentNegotiation):
    """Takes problem+json in an ``Accept`` header as JSON: every refusal is in it."""

    def get_accept_list(self, request: Request) -> list[str]:
        """Return the media types that the client takes."""
        accepted = super().get_accept_list(request)
        return [each.replace(PROBLEM_TYPE, "application/json") for each in accepted]
