"""TCP ports of the demo: the default ones, or those given as options."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from demo.errors import DemoError

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class PortRequest:
    """The port given by an option, or the default without it; 0 is any free port."""

    option: str
    requested: int | None
    default: int


def choose_ports(requests: Iterable[PortRequest]) -> list[int]:
    """Choose a port for each request; one that is taken is refused, since people have linked to it.

    All are held until the last is chosen, so that none is chosen twice.
    """
    with contextlib.ExitStack() as held:
        return [_choose(request, held) for request in requests]


def _choose(request: PortRequest, held: contextlib.ExitStack) -> int:
    wanted = request.default if request.requested is None else request.requested
    if port := _bind(wanted, held):
        return port
    raise DemoError(f"Port {wanted} is taken or forbidden; choose another with {request.option}.")


def _bind(port: int, held: contextlib.ExitStack) -> int:
    """Bind the port until the stack closes; returns 0 when it is not free."""
    probe = held.enter_context(socket.socket())
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with contextlib.suppress(OSError, OverflowError):
        probe.bind((HOST, port))
        probe.listen(1)  # otherwise the next probe may bind it too
        return int(probe.getsockname()[1])
    return 0
