"""In-memory connector: an external system in memory, with planned faults of the network."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from enum import StrEnum
from typing import Any

from fulfilment.connectors import Message, Reply, Target
from fulfilment.errors import OutcomeUnknown, Refused, Unreachable


class DeliveryFault(StrEnum):
    """What happens to a message on its way."""

    REQUEST_LOST = "the request is lost"
    ANSWER_LOST = "the answer is lost"
    TIMEOUT = "it arrives and the answer times out"
    LATE = "it arrives long after the timeout"
    SERVER_ERROR = "the system answers 500"
    REFUSED = "the system refuses it"


class InMemorySystem:
    """The messages an external system has received; it does not deduplicate them."""

    def __init__(self) -> None:
        self.received: dict[str, dict[str, Any]] = {}
        self.faults: defaultdict[str, deque[DeliveryFault]] = defaultdict(deque)
        self.delayed: list[str] = []
        self.repeats = 0
        """Messages sent again although they had arrived; each would be a second effect."""
        self.out_of_order = 0
        self._newest: dict[str, int] = {}

    def receive(self, body: str) -> bool:
        """Receive a message; returns whether it is new."""
        event = json.loads(body)
        if event["id"] in self.received:
            return False
        self.received[event["id"]] = event
        sequence = int(event["sequence"])
        self.out_of_order += sequence < self._newest.get(event["source"], 0)
        self._newest[event["source"]] = sequence
        return True

    def arrive_late(self) -> None:
        """Receive the oldest delayed message."""
        if self.delayed:
            self.receive(self.delayed.pop(0))

    def connector(self, target: Target) -> InMemoryConnector:
        """Return a connector to this system."""
        return InMemoryConnector(self)


class InMemoryConnector:
    """A connector that applies the faults planned for a document."""

    def __init__(self, system: InMemorySystem) -> None:
        self._system = system

    async def push(self, message: Message) -> Reply:
        """Deliver a message, or raise its planned fault."""
        faults = self._system.faults[json.loads(message.body)["source"]]
        fault = faults.popleft() if faults else None
        if fault is DeliveryFault.SERVER_ERROR:
            raise Unreachable("Server error.", status=500)
        if fault is DeliveryFault.REFUSED:
            raise Refused("Refused.", status=422)
        if fault is DeliveryFault.REQUEST_LOST:
            raise OutcomeUnknown("Ended.") from ConnectionResetError()
        if fault is DeliveryFault.LATE:
            self._system.delayed.append(message.body)
            raise OutcomeUnknown("No answer.") from TimeoutError()
        self._system.repeats += not self._system.receive(message.body)
        if fault is DeliveryFault.ANSWER_LOST:
            raise OutcomeUnknown("Ended.") from ConnectionResetError()
        if fault is DeliveryFault.TIMEOUT:
            raise OutcomeUnknown("No answer.") from TimeoutError()
        return Reply(reference_of(message.id), 200)

    async def find(self, message_id: str) -> Reply | None:
        """Look a message up."""
        if message_id in self._system.received:
            return Reply(reference_of(message_id), 200)
        return None

    async def close(self) -> None:
        """Nothing to close."""


def reference_of(message_id: str) -> str:
    """Return the external reference of a message."""
    return f"M-{message_id[-12:]}"
