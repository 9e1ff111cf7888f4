"""A broken network: a proxy in front of the other system, with moods."""

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


class Mood(StrEnum):
    """What becomes of a connection."""

    THROUGH = "goes through"
    RESET = "is reset before the request arrives"
    CUT_ANSWER = "is reset before the answer"
    BLACK_HOLE = "leads nowhere"
    SILENT = "delivers and never answers"
    DRIP = "answers byte by byte"


class Proxy:
    """Listens on a port of its own; ``coming`` are the moods of the next connections."""

    def __init__(self, to_port: int, certificate: Path | None = None) -> None:
        self.mood = Mood.THROUGH
        self.coming: deque[Mood] = deque()
        self.met = 0
        """So many connections came."""
        self.port = 0
        self._to_port = to_port
        self._certificate = certificate
        self._meetings: set[object] = set()
        """Kept, since the loop alone does not keep what waits for somebody who was killed."""
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.open_door()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def be(self, mood: Mood, *coming: Mood) -> None:
        """Treat every connection so, after those that are to come first."""
        self.mood = mood
        self.coming = deque(coming)

    def open_door(self) -> None:
        """Listen, on the same port as before."""
        if self._server is None:
            self._server = self._do(self._listen())
            self.port = self._server.sockets[0].getsockname()[1]

    def close_door(self) -> None:
        """Refuse connections."""
        if self._server is not None:
            self._server.close()
            self._do(asyncio.sleep(0))
            self._server = None

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _listen(self) -> asyncio.Server:
        tls = None
        if self._certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(self._certificate)
        return await asyncio.start_server(self._meet, "127.0.0.1", self.port, ssl=tls)

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.met += 1
        self._meetings.add(asyncio.current_task())
        mood = self.coming.popleft() if self.coming else self.mood
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if mood is Mood.RESET:
                _reset(writer)
            elif mood is Mood.BLACK_HOLE:
                while await reader.read(CHUNK):
                    pass
            else:
                await self._carry(mood, reader, writer)
        self._meetings.discard(asyncio.current_task())
        writer.close()

    async def _carry(
        self, mood: Mood, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answers, requests = await asyncio.open_connection("127.0.0.1", self._to_port)
        there = asyncio.ensure_future(_pump(reader, requests))
        try:
            while data := await answers.read(CHUNK):
                if mood is Mood.CUT_ANSWER:
                    _reset(writer)
                    return
                await _answer(mood, data, writer)
        finally:
            there.cancel()
            requests.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.close()


async def _answer(mood: Mood, data: bytes, writer: asyncio.StreamWriter) -> None:
    if mood is Mood.SILENT:
        return
    if mood is Mood.THROUGH:
        writer.write(data)
        await writer.drain()
        return
    for byte in data:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)


def _reset(writer: asyncio.StreamWriter) -> None:
    plug: socket.socket = writer.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()


def self_signed(folder: Path) -> Path:
    """Make a certificate that nobody vouches for, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(here, critical=False)
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
