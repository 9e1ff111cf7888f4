"""CloudEvents: signed webhook messages, CloudEvents 1.0 under Standard Webhooks headers."""

from __future__ import annotations

import binascii
import datetime as dt
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from sandbox.errors import CannotStart, Malformed, Refused
from sandbox.json_fields import Fields, parse_json

CONTENT_TYPE = "application/cloudevents+json"
SEQUENCE = re.compile(r"[0-9]{1,20}")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the sender; ``sequence`` counts within ``source``."""

    id: str
    source: str
    type: str
    subject: str
    sequence: int
    data: Fields


class Keys:
    """The signing secrets of one direction; during a rotation there are several."""

    def __init__(self, secrets: str, name: str) -> None:
        try:
            self._webhooks = [Webhook(secret) for secret in secrets.split()]
        except (EmptyWebhookSecretError, binascii.Error, ValueError) as error:
            raise CannotStart(f"{name} must look like whsec_<base64>.") from error
        if not self._webhooks or not all(s.startswith("whsec_") for s in secrets.split()):
            raise CannotStart(f"{name} must look like whsec_<base64>.")

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """Check the signature over the raw bytes and return the message's id."""
        if not any(_matches(webhook, headers, body) for webhook in self._webhooks):
            detail = "The signature is missing, wrong, or more than five minutes off."
            raise Refused(401, "bad_signature", detail)
        return headers["webhook-id"]

    def sign(self, message_id: str, body: str, at: dt.datetime) -> dict[str, str]:
        """Return the three signature headers of a body. ``at`` is in UTC."""
        signatures = [webhook.sign(message_id, at, body) for webhook in self._webhooks]
        return {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def _matches(webhook: Webhook, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        webhook.verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # malformed input raises plain ValueErrors
        return False
    return True


def parse_event(body: bytes, message_id: str) -> Event:
    """Parse the envelope; its id must be the signed one."""
    fields = Fields(parse_json(body), "")
    if fields.text("specversion") != "1.0":
        raise Malformed("specversion must be 1.0.")
    if fields.text("id") != message_id:
        raise Malformed("id must equal the webhook-id header.")
    return Event(
        id=message_id,
        source=fields.text("source"),
        type=fields.text("type"),
        subject=fields.text("subject"),
        sequence=_sequence(fields.text("sequence")),
        data=fields.object("data"),
    )


def _sequence(text: str) -> int:
    if not SEQUENCE.fullmatch(text):
        raise Malformed("sequence must be a number of at most 20 digits.")
    return int(text)


def new_message_id() -> str:
    """Return a new message id."""
    return f"msg_{uuid.uuid4().hex}"


def compose(
    message_id: str, source: str, type_: str, subject: str, sequence: int, data: Any
) -> str:
    """Return the text of an envelope, which every attempt sends unchanged."""
    now = utc_now().isoformat().replace("+00:00", "Z")
    envelope = {
        "specversion": "1.0",
        "id": message_id,
        "source": source,
        "type": type_,
        "subject": subject,
        "time": now,
        "timestamp": now,
        "datacontenttype": "application/json",
        "sequence": f"{sequence:020d}",
        "data": data,
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))


def utc_now() -> dt.datetime:
    """Return the current time in UTC."""
    return dt.datetime.now(tz=dt.UTC)


def first_keys(secrets: Sequence[str | None], name: str) -> Keys:
    """Return the first secret that is set, on the command line or in the environment."""
    for candidate in secrets:
        if candidate:
            return Keys(candidate, name)
    raise CannotStart(f"{name} is missing.")
