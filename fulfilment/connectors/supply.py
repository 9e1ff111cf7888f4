"""Connector of a supply-chain system: a webhook whose orders can be read, too."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, TypeGuard
from urllib.parse import quote

from common.json_reading import NotJson, find_unstorable, read_answer
from common.sentences import sentence as _
from fulfilment.addresses import below, beside, with_query
from fulfilment.connectors.base import ChangesPage, Reply
from fulfilment.connectors.webhook import HEAD_CHARACTERS, Answer, WebhookConnector
from fulfilment.errors import OutcomeUnknown, Refused, StaleMessage, Unreachable

READ_BYTES = 16 * 2**20
"""So much of a page of orders is read; one of 500 lines has some 300 KiB."""


class SupplyConnector(WebhookConnector):
    """Posts messages, and reads orders; what is read is signed as a look-up."""

    async def fetch_order(self, order_id: str) -> Mapping[str, Any] | None:
        """Read an order by the id that it has there; None if there is none."""
        answer = await self._read_from(below(self._orders_url, quote(order_id, safe="")))
        if answer.status == 404:
            return None
        value = self._value(answer)
        if not isinstance(value.get("id"), str):
            raise self._unreadable(answer)
        return value

    async def fetch_changes(self, cursor: str, limit: int) -> ChangesPage:
        """Read the orders that changed after a cursor; an empty one is the beginning."""
        url = with_query(self._orders_url, changed_since=cursor, limit=str(limit))
        answer = await self._read_from(url)
        value = self._value(answer)
        orders, following, latest = value.get("orders"), value.get("next"), value.get("latest")
        if not (
            isinstance(orders, list)
            and all(isinstance(each, dict) for each in orders)
            and is_cursor(following)
            and is_cursor(latest)
        ):
            raise self._unreadable(answer)
        return ChangesPage(orders, following, bool(value.get("more")), latest)

    def _interpret(self, status: int, headers: Mapping[str, str], answer: bytes) -> Reply:
        if status == 409 and (conflict := _stale_conflict(answer)):
            raise self._stale_message(conflict.get("sequence"), answer)
        return super()._interpret(status, headers, answer)

    def _stale_message(self, sequence: object, answer: bytes) -> StaleMessage:
        detail = _(
            "%(name)s edited it since: it is sent again once that edit is here.",
            name=self._target.name,
        )
        head = answer[:HEAD_CHARACTERS].decode(errors="replace")
        return StaleMessage(
            detail, sequence=sequence if isinstance(sequence, int) else None, head=head
        )

    @property
    def _orders_url(self) -> str:
        return self._target.orders_url or beside(self._target.url, "/orders")

    async def _read_from(self, url: str) -> Answer:
        """Make a request that changes nothing, so that an answer that is lost does no harm."""
        try:
            headers = self._sign(f"read_{uuid.uuid4().hex}")
            return await self._ask("GET", url, headers, most=READ_BYTES)
        except OutcomeUnknown as error:
            raise Unreachable(error.detail, status=error.status, head=error.head) from error

    def _value(self, answer: Answer) -> dict[str, Any]:
        head = answer.body[:HEAD_CHARACTERS].decode(errors="replace")
        if not 200 <= answer.status < 300:
            raise self._refusal(answer.status, answer.headers, head)
        try:
            value = read_answer(answer.body)
        except NotJson as error:
            raise self._unreadable(answer) from error
        if not isinstance(value, dict):
            raise self._unreadable(answer)
        return value

    def _unreadable(self, answer: Answer) -> Refused:
        return Refused(
            _(
                "What %(name)s answered (%(status)s) is no page of orders that can be read.",
                name=self._target.name,
                status=answer.status,
            ),
            status=answer.status,
            head=answer.body[:HEAD_CHARACTERS].decode(errors="replace"),
        )


def _stale_conflict(answer: bytes) -> dict[str, object]:
    """Return the answer to a push that does not know an edit of theirs; empty for any other."""
    try:
        value = read_answer(answer)
    except NotJson:
        return {}
    return value if isinstance(value, dict) and value.get("code") == "behind" else {}


def is_cursor(value: object) -> TypeGuard[str]:
    """Whether a value of theirs is a text that can be kept and asked for."""
    return isinstance(value, str) and find_unstorable(value, 0) is None
