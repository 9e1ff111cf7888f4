"""Outbox of reports to Throughline: each is stored until it is delivered."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import random
import sqlite3
from typing import Any

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout

from sandbox.cloudevents import CONTENT_TYPE, Keys, compose, new_message_id, utc_now
from sandbox.errors import Refused
from sandbox.faults import Faults, Mode
from sandbox.store import Store

DEADLINE = 10.0
LONGEST_PAUSE = 5.0
BATCH_SIZE = 8
ANSWER_BYTES = 64 * 1024
WORTH_RETRYING = {408, 425, 429}


class Outgoing:
    """The queue of reports. The body of a report is written once and never changes."""

    def __init__(self, store: Store, source: str) -> None:
        self._store = store
        self._source = source
        self.wake = asyncio.Event()

    def report(self, type_: str, subject: str, data: dict[str, Any]) -> None:
        """Queue a report, in the transaction of the change it reports."""
        sequence = self._store.next_number("report")
        message_id = new_message_id()
        body = compose(message_id, self._source, type_, subject, sequence, data)
        self._store.execute(
            "insert into outgoing (sequence, id, type, subject, body, queued_at)"
            " values (?, ?, ?, ?, ?, ?)",
            sequence,
            message_id,
            type_,
            subject,
            body,
            utc_now().isoformat(),
        )
        self.wake.set()

    def due(self, now: float) -> list[sqlite3.Row]:
        """List the next report of each document, so that its reports stay in order."""
        return self._store.rows(
            "select * from outgoing where state = 'waiting' and due_at <= ? and sequence in"
            " (select min(sequence) from outgoing where state = 'waiting' group by subject)"
            " order by sequence limit ?",
            now,
            BATCH_SIZE,
        )

    def waiting(self) -> list[sqlite3.Row]:
        """List all reports that are not delivered yet."""
        sql = "select * from outgoing where state = 'waiting' order by sequence"
        return self._store.rows(sql)

    def record(self, report: sqlite3.Row, state: str, answer: str, due_at: float) -> None:
        """Record the outcome of an attempt."""
        self._store.execute(
            "update outgoing set state = ?, answer = ?, due_at = ?, attempts = attempts + 1"
            " where sequence = ?",
            state,
            answer,
            due_at,
            report["sequence"],
        )

    def resend(self, message_id: str) -> None:
        """Queue a stopped or delivered report again."""
        row = self._store.row("select sequence from outgoing where id = ?", message_id)
        if row is None:
            raise Refused(404, "not_found", f"There is no report {message_id}.")
        sql = "update outgoing set state = 'waiting', due_at = 0 where id = ?"
        self._store.execute(sql, message_id)
        self.wake.set()

    def as_json(self) -> list[dict[str, Any]]:
        """Return all reports with their data, state and last response."""
        reports = [
            dict(row) for row in self._store.rows("select * from outgoing order by sequence")
        ]
        for report in reports:
            report["data"] = json.loads(report.pop("body"))["data"]
            del report["due_at"]
        return reports


class Sender:
    """Sends queued reports to the intake of Throughline, with retries."""

    def __init__(self, outgoing: Outgoing, faults: Faults, keys: Keys, url: str) -> None:
        self._outgoing = outgoing
        self._faults = faults
        self._keys = keys
        self._url = url
        self._random = random.Random(0)

    async def run(self) -> None:
        """Send reports until the process ends."""
        timeout = ClientTimeout(total=DEADLINE)
        async with ClientSession(timeout=timeout) as session:
            while True:
                reports = self._choose()
                await asyncio.gather(*(self._send(session, report) for report in reports))
                if not reports:
                    await self._wait()

    async def _wait(self) -> None:
        """Wait until a report is queued, or briefly while one waits for its retry."""
        self._outgoing.wake.clear()
        pause = 0.1 if self._outgoing.waiting() else None
        try:
            await asyncio.wait_for(self._outgoing.wake.wait(), pause)
        except TimeoutError:
            return

    def _choose(self) -> list[sqlite3.Row]:
        now = utc_now().timestamp()
        shuffle = self._faults.peek(Mode.SHUFFLE_REPORTS)
        if shuffle is None:
            return self._outgoing.due(now)
        waiting = self._outgoing.waiting()
        if not waiting or _age(waiting[0], now) < shuffle.seconds:
            return []
        due = [report for report in waiting if report["due_at"] <= now]
        self._random.shuffle(due)
        return due[:1]

    async def _send(self, session: ClientSession, report: sqlite3.Row) -> None:
        self._faults.take({Mode.SHUFFLE_REPORTS})
        unsigned = self._faults.take({Mode.UNSIGNED}) is not None
        status, answer = await self._post(session, report, unsigned)
        if status is not None and 200 <= status < 300:
            if self._faults.take({Mode.DUPLICATE_REPORTS}):
                await self._post(session, report, unsigned)
            self._outgoing.record(report, "delivered", answer, 0)
        elif status is not None and 300 <= status < 500 and status not in WORTH_RETRYING:
            self._outgoing.record(report, "stopped", answer, 0)
        else:
            pause = min(LONGEST_PAUSE, 0.25 * 2 ** min(report["attempts"], 10))
            due_at = utc_now().timestamp() + pause
            self._outgoing.record(report, "waiting", answer, due_at)

    async def _post(
        self, session: ClientSession, report: sqlite3.Row, unsigned: bool
    ) -> tuple[int | None, str]:
        headers = {"Content-Type": CONTENT_TYPE}
        if not unsigned:
            headers |= self._keys.sign(report["id"], report["body"], utc_now())
        body = report["body"].encode()
        try:
            async with session.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response:
                text = (await response.content.read(ANSWER_BYTES)).decode(errors="replace")
                return response.status, f"{response.status} {text[:500]}".strip()
        except ClientConnectorError:
            return None, f"no connection to {self._url}"
        except TimeoutError:
            return None, f"no answer within {DEADLINE:g} s"
        except (ClientError, OSError) as error:
            return None, f"no answer: {str(error) or type(error).__name__}"


def _age(report: sqlite3.Row, now: float) -> float:
    queued = dt.datetime.fromisoformat(report["queued_at"])
    return now - queued.timestamp()
