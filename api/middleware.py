"""Middleware: every refusal under the address of the API is problem+json, whoever refuses."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from api.problems import PROBLEM_TYPE, problem_body

PREFIX = "/api"

CODES: dict[int, tuple[str, Promise]] = {
    HTTPStatus.BAD_REQUEST: ("bad_request", _("The request cannot be read as it was sent.")),
    HTTPStatus.FORBIDDEN: ("permission_denied", _("The request is not allowed.")),
    HTTPStatus.NOT_FOUND: ("not_found", _("There is nothing at this address of the API.")),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method_not_allowed", _("The address has no such method.")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", _("The request is too large.")),
}
"""Stable codes and sentences of what is refused outside of the views of the API."""

FAILED = (
    "internal_error",
    _("Something unexpected happened here; the log has the details. Send it again later."),
)


class AnswerInProblems:
    """Write refusals of Django and of other middleware as the views of the API write theirs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request to the API on, and write its refusal anew where that is none of ours."""
        if request.path != PREFIX and not request.path.startswith(f"{PREFIX}/"):
            return self.get_response(request)
        response = self.get_response(request)
        kind = response.headers.get("Content-Type", "")
        if response.status_code < HTTPStatus.BAD_REQUEST or kind == PROBLEM_TYPE:
            return response
        return _as_problem(response)


def _as_problem(response: HttpResponse) -> HttpResponse:
    """Write a refusal anew; one in plain text keeps its sentence, and all keep their headers."""
    status = response.status_code
    unknown = CODES[HTTPStatus.BAD_REQUEST]
    code, detail = (
        FAILED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else CODES.get(status, unknown)
    )
    is_sentence = response.headers.get("Content-Type", "").startswith("text/plain")
    sentence = response.content.decode() if is_sentence else str(detail)
    response.content = orjson.dumps(problem_body(status, code, sentence))
    response.headers["Content-Type"] = PROBLEM_TYPE
    if "Content-Length" in response.headers:
        response.headers["Content-Length"] = str(len(response.content))
    return response
