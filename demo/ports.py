"""Ports on this machine: the usual ones, or those somebody names."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from demo.errors import Halted

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Wish:
    """A port somebody typed, or the one to take when nobody did; 0 is any free one."""

    option: str
    asked: int | None
    usual: int


def choose_ports(wishes: Iterable[Wish]) -> list[int]:
    """Choose a port for each wish; one that is taken is refused, since links and habits know it.

    All are held until the last is chosen, so that none is given out twice.
    """
    with contextlib.ExitStack() as held:
        return [_choose(wish, held) for wish in wishes]


def _choose(wish: Wish, held: contextlib.ExitStack) -> int:
    wanted = wish.usual if wish.asked is None else wish.asked
    if port := _bound(wanted, held):
        return port
    raise Halted(f"Port {wanted} is taken or forbidden; choose another with {wish.option}.")


def _bound(port: int, held: contextlib.ExitStack) -> int:
    """Bind the port until the stack closes; 0 when it cannot be had."""
    probe = held.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with contextlib.suppress(OSError, OverflowError):
        probe.bind((HOST, port))
        probe.listen(1)  # otherwise the next probe may bind it too
        return int(probe.getsockname()[1])
    return 0
