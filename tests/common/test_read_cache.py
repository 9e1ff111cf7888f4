"""Cache of reads: what was read once in a block is not read again, and after it is."""

from __future__ import annotations

from common.read_cache import cached_read, cached_reads

calls: list[tuple[str, int]] = []


@cached_read
def read(name: str, *, day: int = 1) -> str:
    calls.append((name, day))
    return f"{name} on {day}"


def test_reads_once_in_a_block_for_the_same_arguments() -> None:
    calls.clear()

    with cached_reads():
        found = [read("a"), read("a"), read("b"), read("a", day=2), read("a", day=2)]

    assert found == ["a on 1", "a on 1", "b on 1", "a on 2", "a on 2"]
    assert calls == [("a", 1), ("b", 1), ("a", 2)]


def test_reads_every_time_outside_of_a_block() -> None:
    calls.clear()
    with cached_reads():
        read("a")

    read("a")
    read("a")

    assert len(calls) == 3
