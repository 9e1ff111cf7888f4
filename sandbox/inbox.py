"""Idempotent inbox: every message has its effect once, however often it is delivered."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.cloudevents import Event, utc_now
from sandbox.errors import Refused
from sandbox.store import Store


@dataclass(frozen=True, slots=True)
class Answer:
    """The response: 200, or 202 if the message was recorded but changed nothing."""

    reference: str
    status: int = 200
    outcome: str = "applied"


Effect = Callable[[Event, bool], Answer]
"""Applies an event; the flag marks a repeat that the fault *forget_idempotency* treats as new."""


def _never() -> bool:
    return False


class Inbox:
    """Stores each message by its id, with its response."""

    def __init__(self, store: Store, effect: Effect) -> None:
        self._store = store
        self._effect = effect

    def receive(self, event: Event, body: bytes, forget: Callable[[], bool] = _never) -> Answer:
        """Apply a new message; for a known one, repeat the response unless ``forget()`` is true."""
        digest = hashlib.sha256(body).hexdigest()
        try:
            with self._store.transaction():
                return self._receive(event, digest, forget)
        except Refused as refused:
            self._save_refusal(event, digest, refused)
            raise

    def _receive(self, event: Event, digest: str, forget: Callable[[], bool]) -> Answer:
        known = self._known(event.id)
        if known is not None and known["digest"] != digest:
            detail = f"{event.id} was received before with another body."
            raise Refused(422, "message_changed", detail)
        repeat = known is not None and bool(known["reference"])
        forgotten = repeat and forget()
        if known is not None and repeat and not forgotten:
            self._count_delivery(event.id)
            return Answer(known["reference"], _status(known), "duplicate")
        answer = self._apply(event, forgotten)
        self._save_answer(event, digest, answer)
        return answer

    def _apply(self, event: Event, forgotten: bool) -> Answer:
        latest = self._store.row("select * from sources where source = ?", event.source)
        if latest is not None and event.sequence < latest["sequence"]:
            return Answer(latest["reference"], outcome="stale")
        answer = self._effect(event, forgotten)
        if answer.outcome == "noted":  # a message without effect makes no older one stale
            return answer
        self._store.execute(
            "insert into sources (source, sequence, reference) values (?, ?, ?)"
            " on conflict (source) do update set sequence = excluded.sequence",
            event.source,
            event.sequence,
            answer.reference,
        )
        return answer

    def _save_answer(self, event: Event, digest: str, answer: Answer) -> None:
        # After a forgotten message the first reference stays the one that can be looked up.
        self._store.execute(
            "insert into inbox values (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)"
            " on conflict (id) do update set deliveries = deliveries + 1,"
            " effects = effects + excluded.effects, outcome = excluded.outcome,"
            " reference = case reference when '' then excluded.reference else reference end",
            event.id,
            digest,
            event.type,
            event.subject,
            event.source,
            event.sequence,
            answer.reference,
            answer.outcome,
            int(answer.outcome == "applied"),
            utc_now().isoformat(),
        )

    def _save_refusal(self, event: Event, digest: str, refused: Refused) -> None:
        known = self._known(event.id)
        if known is not None and (known["reference"] or known["digest"] != digest):
            self._count_delivery(event.id)
            return
        outcome = f"refused: {refused.detail}"
        self._save_answer(event, digest, Answer("", refused.status, outcome))

    def _known(self, message_id: str) -> sqlite3.Row | None:
        return self._store.row("select * from inbox where id = ?", message_id)

    def _count_delivery(self, message_id: str) -> None:
        sql = "update inbox set deliveries = deliveries + 1 where id = ?"
        self._store.execute(sql, message_id)

    def find(self, message_id: str) -> Answer:
        """Return the response to a known message."""
        known = self._known(message_id)
        if known is None or not known["reference"]:
            raise Refused(404, "not_found", f"Nothing is known of {message_id}.")
        return Answer(known["reference"], _status(known), known["outcome"])

    def note(self, event: Event, series: str) -> Answer:
        """Record a message that changes nothing in this system."""
        known = self._store.row(
            "select reference from sources where source = ?1"
            " union all select reference from notes where source = ?1",
            event.source,
        )
        if known is not None:
            return Answer(known["reference"], 202, "noted")
        reference = f"{series}-{self._store.next_number(series):06d}"
        self._store.execute("insert into notes values (?, ?)", event.source, reference)
        return Answer(reference, 202, "noted")

    def ledger(self) -> list[dict[str, Any]]:
        """List all received messages, in the order of arrival."""
        return [dict(row) for row in self._store.rows("select * from inbox order by rowid")]


def _status(known: sqlite3.Row) -> int:
    return 202 if known["outcome"] == "noted" else 200
