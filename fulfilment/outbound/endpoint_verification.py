"""Verification of webhook endpoints: a signed challenge, which the address has to repeat."""

from __future__ import annotations

import secrets
from dataclasses import replace

from django.utils.translation import gettext

from common.json_reading import NotJson, read_answer
from fulfilment.connectors import Reply
from fulfilment.connectors.engine import AttemptResult
from fulfilment.models import Connection
from fulfilment.outbound.connection_test import send_now, unrecorded_message
from fulfilment.services.targets import target_of
from fulfilment.services.webhook_endpoints import NotVerified

DEADLINE = 5.0
"""Seconds in which the address has to answer, since a partner's request waits for it."""


def challenge_endpoint(endpoint: Connection, url: str = "") -> None:
    """Send a challenge to the address of an endpoint, or to a new one; refuse any other answer.

    Not to be called in a transaction: it waits for the answer.
    """
    challenge = secrets.token_urlsafe(24)
    about = {"source": f"/webhook-endpoints/{endpoint.pk}", "subject": str(endpoint.pk)}
    target = replace(target_of(endpoint), url=url or endpoint.url, deadline=DEADLINE)
    message = unrecorded_message("endpoint.challenged", about, {"challenge": challenge})
    result = send_now(target, message)
    if result.error is not None:
        raise NotVerified(_failure(result), field="url")
    if result.reply is None or _repeated(result.reply) != challenge:
        raise NotVerified(
            gettext(
                "The address answered, but not with the challenge: answer "
                '{"challenge": "…"} with the text that was sent, as JSON.'
            ),
            field="url",
        )


def _failure(result: AttemptResult) -> str:
    """Say why there was no answer; of another answer only its status, never what is in it."""
    assert result.error is not None  # noqa: S101  # of every failure
    if result.error.status is None:
        return str(result.error.detail)
    text = gettext("The address answered the challenge with %(status)d, not with 200.")
    return text % {"status": result.error.status}


def _repeated(reply: Reply) -> object:
    """Return the challenge as the answer repeats it; None of any other answer."""
    try:
        answer = read_answer(reply.head.encode())
    except NotJson:
        return None
    return answer.get("challenge") if isinstance(answer, dict) else None
