"""Another system kept in memory, with a network that loses, repeats and delays by appointment."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from enum import StrEnum
from typing import Any

from fulfilment.connectors import Message, Reply, Target
from fulfilment.errors import OutcomeUnknown, Refused, Unreachable


class Fate(StrEnum):
    """What becomes of a message on its way."""

    REQUEST_LOST = "the request is lost"
    ANSWER_LOST = "the answer is lost"
    SILENCE = "it arrives and nothing comes back in time"
    LATE = "it arrives long after we gave up"
    TROUBLE = "they are in trouble"
    REFUSED = "they refuse it"


class Memory:
    """What the other side has seen; it would do again whatever we sent again."""

    def __init__(self) -> None:
        self.seen: dict[str, dict[str, Any]] = {}
        self.fates: defaultdict[str, deque[Fate]] = defaultdict(deque)
        self.on_the_way: list[str] = []
        self.repeats = 0
        """Messages that we sent though they had arrived; each would be a second effect."""
        self.disorder = 0
        self._newest: dict[str, int] = {}

    def take(self, body: str) -> bool:
        """Take a message in; says whether it was news."""
        event = json.loads(body)
        if event["id"] in self.seen:
            return False
        self.seen[event["id"]] = event
        sequence = int(event["sequence"])
        self.disorder += sequence < self._newest.get(event["source"], 0)
        self._newest[event["source"]] = sequence
        return True

    def arrive_late(self) -> None:
        """Let the oldest message arrive that is still on the way."""
        if self.on_the_way:
            self.take(self.on_the_way.pop(0))

    def connector(self, target: Target) -> Line:
        """Make the connection of which each end is in memory."""
        return Line(self)


class Line:
    """Speaks to the other side, with the fate that is appointed for the document."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    async def push(self, message: Message) -> Reply:
        """Hand a message over, or meet its fate."""
        fates = self._memory.fates[json.loads(message.body)["source"]]
        fate = fates.popleft() if fates else None
        if fate is Fate.TROUBLE:
            raise Unreachable("In trouble.", status=500)
        if fate is Fate.REFUSED:
            raise Refused("Refused.", status=422)
        if fate is Fate.REQUEST_LOST:
            raise OutcomeUnknown("Ended.") from ConnectionResetError()
        if fate is Fate.LATE:
            self._memory.on_the_way.append(message.body)
            raise OutcomeUnknown("Silent.") from TimeoutError()
        self._memory.repeats += not self._memory.take(message.body)
        if fate is Fate.ANSWER_LOST:
            raise OutcomeUnknown("Ended.") from ConnectionResetError()
        if fate is Fate.SILENCE:
            raise OutcomeUnknown("Silent.") from TimeoutError()
        return Reply(reference_of(message.id), 200)

    async def find(self, message_id: str) -> Reply | None:
        """Look a message up."""
        if message_id in self._memory.seen:
            return Reply(reference_of(message_id), 200)
        return None

    async def close(self) -> None:
        """There is nothing to close."""


def reference_of(message_id: str) -> str:
    """What the other side calls it."""
    return f"M-{message_id[-12:]}"
