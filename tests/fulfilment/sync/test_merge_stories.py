"""Two systems whose users edit one order at the same time, over messages that cross."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfilment.sync.arrivals import is_stale
from fulfilment.sync.conflicts import named, outgoing
from fulfilment.sync.merge import Conflict, Push, Snapshot, base_of, merge

PATHS = ("line.7.requested_on", "head.customer_reference", "head.payment_terms")
START = dict.fromkeys(PATHS, "start")


@dataclass
class Human:
    """What people typed: each value once, until somebody who saw it typed over it."""

    typed: set[str] = field(default_factory=set)
    numbers: Any = field(default_factory=count)

    def edit(self, values: dict[str, str], path: str) -> None:
        self.typed.discard(values[path])
        values[path] = f"value {next(self.numbers)}"
        self.typed.add(values[path])


@dataclass
class Message:
    """A snapshot on its way."""

    sequence: int
    values: dict[str, str]
    knows: int


@dataclass
class FarEnd:
    """The other system, which sets what a push names, or refuses one that is behind."""

    refuses: bool
    values: dict[str, str] = field(default_factory=lambda: dict(START))
    sequence: int = 0
    knows: int = 0
    edited_at: dict[str, int] = field(default_factory=dict)

    def snapshot(self) -> Message:
        return Message(self.sequence, dict(self.values), self.knows)

    def edit(self, human: Human, path: str) -> Message:
        human.edit(self.values, path)
        self.sequence += 1
        self.edited_at[path] = self.sequence
        return self.snapshot()

    def receive(self, push: Push, applied: int) -> Message | None:
        if self.refuses and any(self.edited_at.get(path, 0) > applied for path in push.values):
            return None
        self.values |= push.values
        self.knows, self.sequence = push.version, self.sequence + 1
        return self.snapshot()


@dataclass
class NearEnd:
    """This system: what services keep around the pure functions."""

    values: dict[str, str] = field(default_factory=lambda: dict(START))
    last: Snapshot = field(default_factory=lambda: Snapshot(dict(START)))
    sequence: int = 0
    version: int = 0
    sent: list[Push] = field(default_factory=list)
    queue: list[tuple[Push, int]] = field(default_factory=list)
    conflicts: dict[str, Conflict] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def edit(self, human: Human, path: str) -> None:
        human.edit(self.values, path)
        self.push()

    def push(self) -> None:
        """Queue a push of what they will not hold otherwise."""
        self.version += 1
        held = base_of(self.last, self.sent, self.version)
        body = outgoing(self.values, held, self.conflicts.values())
        push = Push(self.version, named(body, held))
        self.sent.append(push)
        self.queue.append((push, self.sequence))

    def receive(self, message: Message) -> None:
        if is_stale(message.sequence, self.sequence):
            return
        base = base_of(self.last, self.sent, message.knows)
        merged = merge(base, self.values, message.values, open_conflicts=self.conflicts.values())
        self.values |= dict(merged.apply)
        self.conflicts = {conflict.path: conflict for conflict in merged.conflicts}
        self.asked |= {v for c in merged.conflicts for v in (c.ours, c.theirs)}
        self.last, self.sequence = Snapshot(merged.held, message.knows), message.sequence

    def deliver(self, far: FarEnd) -> Message | None:
        """Send the next push; after a refusal read theirs, merge, and push what is left."""
        push, applied = self.queue.pop(0)
        answer = far.receive(push, applied)
        if answer is None:
            self.sent.remove(push)
            self.receive(far.snapshot())
            self.push()
        return answer


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["ours", "theirs", "push", "push", "message", "message", "lose"]),
        st.integers(0, 5),
    ),
    max_size=40,
)


def play(steps: list[tuple[str, int]], *, refuses: bool, in_order: bool) -> None:
    """Play a story to its end, and assert that no value was lost and that both sides agree."""
    human, far, near = Human(), FarEnd(refuses), NearEnd()
    messages: list[Message] = []
    end = [("push", 0), ("message", 0)] * (4 * len(steps) + 4)
    for step, number in [*steps, *end]:
        place = 0 if in_order else number % max(len(messages), 1)
        if step == "ours":
            near.edit(human, PATHS[number % len(PATHS)])
        elif step == "theirs":
            messages.append(far.edit(human, PATHS[number % len(PATHS)]))
        elif step == "push" and near.queue:
            answer = near.deliver(far)
            messages.extend([answer] if answer else [])
        elif step == "message" and messages:
            near.receive(messages.pop(place))
        elif step == "lose" and messages and not in_order:
            messages.pop(place)
    near.receive(far.snapshot())

    assert not near.queue
    assert not messages
    standing = {*near.values.values(), *far.values.values(), *near.asked}
    assert human.typed <= standing
    differ = {path for path in PATHS if near.values[path] != far.values[path]}
    assert differ <= near.conflicts.keys()


@settings(max_examples=300)
@given(STEPS)
@pytest.mark.parametrize("refuses", [True, False], ids=["refuses", "sets what is named"])
def test_no_typed_value_is_lost_in_order(refuses: bool, steps: list[tuple[str, int]]) -> None:
    play(steps, refuses=refuses, in_order=True)


@settings(max_examples=300)
@given(STEPS)
def test_no_typed_value_is_lost_out_of_order_if_pushes_that_are_behind_are_refused(
    steps: list[tuple[str, int]],
) -> None:
    play(steps, refuses=True, in_order=False)
