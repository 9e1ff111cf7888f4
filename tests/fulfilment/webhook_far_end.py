"""Far end of the webhook connector: servers that run a script, and what is sent to them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import uuid
from collections.abc import Callable, Iterator

from fulfilment import signing
from fulfilment.connectors import Message, Reply, Target
from fulfilment.connectors.webhook import WebhookConnector
from tests.fulfilment.conftest import SECRET_OUT

Script = Callable[[socket.socket], None]


def close_without_answer(client: socket.socket) -> None:
    """Read the request and close the connection."""
    client.recv(65536)


def target(url: str, *, deadline: float = 1, secrets: tuple[bytes, ...] | None = None) -> Target:
    return Target(
        connection_id=uuid.uuid4(),
        kind="webhook",
        name="Warehouse",
        url=url,
        ciphertexts=(signing.encrypt(SECRET_OUT),) if secrets is None else secrets,
        deadline=deadline,
    )


def push(to: Target, *, needs_reference: bool = True) -> Reply:
    async def run() -> Reply:
        connector = WebhookConnector(to)
        try:
            return await connector.push(Message("evt_1", "{}", needs_reference=needs_reference))
        finally:
            await connector.close()

    return asyncio.run(run())


def find(to: Target) -> Reply | None:
    async def run() -> Reply | None:
        connector = WebhookConnector(to)
        try:
            return await connector.find("evt_1")
        finally:
            await connector.close()

    return asyncio.run(run())


@contextlib.contextmanager
def far_end(script: Script) -> Iterator[str]:
    """A server that runs a script on its first connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                client, _ = listener.accept()
                with client:
                    script(client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hooks"


def answers(text: bytes) -> Script:
    def script(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(text)

    return script
