"""Token endpoint (RFC 6749 section 3.2), with a limit for each address that asks."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.views import TokenView

from api.rate_limits import SIGN_IN, BucketState, take
from api.responses import json_response


@method_decorator(csrf_exempt, name="dispatch")
class LimitedTokenView(TokenView):  # type: ignore[misc]  # the toolkit ships no types
    """Gives tokens to clients; who asks too often waits, so that no secret can be guessed."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take one request of the address, then answer as OAuth says."""
        taken = take(SIGN_IN, request.META.get("REMOTE_ADDR", ""))
        if taken is not None and not taken.is_within:
            return _too_many(taken)
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response


def _too_many(taken: BucketState) -> HttpResponse:
    wait = str(max(1, math.ceil(taken.wait)))
    headers = {"Retry-After": wait, "RateLimit-Policy": taken.policy.header}
    sentence = gettext("Ask again in %(seconds)s s.") % {"seconds": wait}
    body = {"error": "temporarily_unavailable", "error_description": sentence}
    return json_response(body, status=HTTPStatus.TOO_MANY_REQUESTS, headers=headers)
