"""Faulty network: a TCP proxy in front of an external system."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
CHUNK = 65536


class Behaviour(StrEnum):
    """What the proxy does with a connection."""

    FORWARD = "is forwarded"
    RESET = "is reset before the request arrives"
    RESET_ANSWER = "is reset before the answer"
    BLACK_HOLE = "is accepted and ignored"
    NO_ANSWER = "is forwarded without the answer"
    BYTE_BY_BYTE = "is answered byte by byte"


class Proxy:
    """A proxy on a port of its own; ``upcoming`` are the behaviours of the next connections."""

    def __init__(self, to_port: int, certificate: Path | None = None) -> None:
        self.behaviour = Behaviour.FORWARD
        self.upcoming: deque[Behaviour] = deque()
        self.connections = 0
        """Number of connections so far."""
        self.port = 0
        self._to_port = to_port
        self._certificate = certificate
        self._tasks: set[object] = set()
        """Referenced here, since the event loop holds tasks weakly."""
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept_connections()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def behave(self, behaviour: Behaviour, *upcoming: Behaviour) -> None:
        """Set the behaviour of connections, after those with an upcoming one."""
        self.behaviour = behaviour
        self.upcoming = deque(upcoming)

    def accept_connections(self) -> None:
        """Listen, on the same port as before."""
        if self._server is None:
            self._server = self._run(self._listen())
            self.port = self._server.sockets[0].getsockname()[1]

    def refuse_connections(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.close()
            self._run(asyncio.sleep(0))
            self._server = None

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> asyncio.Server:
        tls = None
        if self._certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(self._certificate)
        return await asyncio.start_server(self._handle, "127.0.0.1", self.port, ssl=tls)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._tasks.add(asyncio.current_task())
        behaviour = self.upcoming.popleft() if self.upcoming else self.behaviour
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if behaviour is Behaviour.RESET:
                _reset(writer)
            elif behaviour is Behaviour.BLACK_HOLE:
                while await reader.read(CHUNK):
                    pass
            else:
                await self._forward(behaviour, reader, writer)
        self._tasks.discard(asyncio.current_task())
        writer.close()

    async def _forward(
        self, behaviour: Behaviour, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", self._to_port)
        forwarding = asyncio.ensure_future(_pump(reader, requests))
        try:
            while data := await answers.read(CHUNK):
                if behaviour is Behaviour.RESET_ANSWER:
                    _reset(writer)
                    return
                await _answer(behaviour, data, writer)
        finally:
            forwarding.cancel()
            requests.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.close()


async def _answer(behaviour: Behaviour, data: bytes, writer: asyncio.StreamWriter) -> None:
    if behaviour is Behaviour.NO_ANSWER:
        return
    if behaviour is Behaviour.FORWARD:
        writer.write(data)
        await writer.drain()
        return
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


def _reset(writer: asyncio.StreamWriter) -> None:
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()


def self_signed(folder: Path) -> Path:
    """Create a self-signed certificate, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(addresses, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "self-signed.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path
