"""SSRF filter: connects to public addresses, and to the networks that the operator allows."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any

from fulfilment.addresses import is_allowed

refused_addresses: ContextVar[list[str]] = ContextVar("refused_addresses")
"""The addresses refused to the current request; a connector runs many requests at once."""


class AddressNotAllowed(OSError):
    """The host name resolved to an address that is neither public nor allowed."""


class AddressFilter:
    """Checks addresses at connect time, after DNS, so that a changed DNS answer is checked too."""

    def __init__(self, allowed_networks: Iterable[str]) -> None:
        self._allowed = tuple(allowed_networks)

    def open_socket(self, address: tuple[Any, ...]) -> socket.socket:
        """Create the socket for an allowed address (aiohttp's ``socket_factory``)."""
        family, kind, protocol, _, endpoint = address
        host = str(endpoint[0])
        if not self.allows(host):
            refused_addresses.get([]).append(host)
            raise AddressNotAllowed(f"{host} is not an allowed address.")
        return socket.socket(family, kind, protocol)

    def allows(self, host: str) -> bool:
        """Return whether an address is public, or in an allowed network."""
        return is_allowed(ip_address(host.partition("%")[0]), self._allowed)
