"""Cache of reads: inside a block, what was read once is not read again.

For many documents made in one transaction: the settings that all of them look up are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_reads: ContextVar[dict[Any, Any] | None] = ContextVar("read_cache", default=None)


@contextmanager
def cached_reads() -> Iterator[None]:
    """Keep what functions marked with ``cached_read`` return, until the block ends."""
    token = _reads.set({})
    try:
        yield
    finally:
        _reads.reset(token)


def cached_read(read: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that only reads: inside ``cached_reads`` it is called once per arguments."""

    @wraps(read)
    def read_once(*args: P.args, **kwargs: P.kwargs) -> R:
        known = _reads.get()
        if known is None:
            return read(*args, **kwargs)
        key = (read, args, tuple(sorted(kwargs.items())))
        if key not in known:
            known[key] = read(*args, **kwargs)
        found: R = known[key]
        return found

    return read_once
