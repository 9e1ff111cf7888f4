"""Bodies of the intake: JSON that has one meaning, however it is read."""

from __future__ import annotations

from typing import Any

from common.direction_marks import strip_controls
from common.errors import Unreadable
from common.json_reading import KeyTwice, NotJson, find_unstorable, read_json
from common.sentences import sentence as _
from common.stored_sentences import printable
from fulfilment.inbound.schemas import DEEPEST, InvalidMessage


class DuplicateKey(Unreadable):
    """An object of the body has a key twice, and each of its values could be meant."""

    code = "duplicate_key"


class NotUtf8(Unreadable):
    """The body is in another encoding than UTF-8, or in none."""

    code = "not_utf8"


def parse_body(raw: bytes) -> list[Any] | dict[str, Any]:
    """Read an event or a list of events: UTF-8, no NaN, each key once.

    What cannot be kept of an event, such as a number that is too large, is left for
    ``parse_message`` to refuse.
    """
    value = _read(_decoded(raw))
    if not isinstance(value, dict | list):
        raise InvalidMessage(_("The body must be one event or a list of events."))
    return value


def read_body(raw: bytes) -> Any:
    """Read any JSON: UTF-8, no NaN, each key once, without characters that turn the direction."""
    value = _read(_decoded(raw))
    if raw.isascii() and b"\\u20" not in raw:
        return value
    return [_stripped(each) for each in value] if isinstance(value, list) else _stripped(value)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise NotUtf8(
            _(
                "The body is not UTF-8, from byte %(place)d on: encode it so, and sign that.",
                place=error.start + 1,
            )
        ) from error


def _read(text: str) -> Any:
    try:
        return read_json(text)
    except NotJson as error:
        raise InvalidMessage(_("The body is not valid JSON.")) from error
    except KeyTwice as error:
        raise DuplicateKey(
            _(
                "“%(key)s” stands twice in one object: send each key once. "
                "Nothing of the body was taken.",
                key=printable(str(error))[:100],
            )
        ) from error


def _stripped(event: Any) -> Any:
    """Return an event without such characters; one that is refused stays as it is."""
    return event if find_unstorable(event, DEEPEST) else strip_controls(event)
