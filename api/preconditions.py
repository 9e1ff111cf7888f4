"""Preconditions of writes: a strong ETag is the version; If-Match names the one read last."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext
from rest_framework.request import Request

from api.refusals import PreconditionFailed, PreconditionRequired

HEADER = "If-Match"
ENTITY_TAG = re.compile(r'(?:W/)?"[^"]*"')


def etag(version: int) -> str:
    """Return the strong entity tag of a version."""
    return f'"{version}"'


def put_etag(response: HttpResponse, version: int) -> HttpResponse:
    """Put the entity tag of what was answered on its response."""
    response["ETag"] = etag(version)
    return response


def require_precondition(request: Request) -> None:
    """Refuse a write that names no version."""
    if not request.headers.get(HEADER, "").strip():
        raise PreconditionRequired


def check_precondition(request: Request, record: Any) -> None:
    """Refuse a write that is about another version of a record, which the caller has locked."""
    named = request.headers.get(HEADER, "").strip()
    if named == "*" or etag(record.version) in ENTITY_TAG.findall(named):
        return
    raise PreconditionFailed(
        gettext("The version is %(etag)s by now; If-Match names %(named)s. Read it again.")
        % {"etag": etag(record.version), "named": named}
    )
