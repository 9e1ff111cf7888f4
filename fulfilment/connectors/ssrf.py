"""Which addresses we may speak to: the public network, and what an operator allowed by name."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address

refused_here: ContextVar[list[str]] = ContextVar("refused_here")
"""The addresses that were refused to whoever asks; a connector serves many at once."""

NAT64 = ip_network("64:ff9b::/96")


class AddressNotAllowed(OSError):
    """The name led to an address inside somebody's house."""


class AddressGuard:
    """Checks each address when connecting, when no name can change its mind any more."""

    def __init__(self, allowed_networks: Iterable[str]) -> None:
        self._allowed = [ip_network(network, strict=False) for network in allowed_networks]

    def open_socket(self, address: tuple[Any, ...]) -> socket.socket:
        """Make the socket for an address that may be reached (aiohttp's socket factory)."""
        family, kind, protocol, _, endpoint = address
        host = str(endpoint[0])
        if not self.allows(host):
            refused_here.get([]).append(host)
            raise AddressNotAllowed(f"{host} is not an address we may reach.")
        return socket.socket(family, kind, protocol)

    def allows(self, host: str) -> bool:
        """Say whether an address is public, or allowed for this connection."""
        named = ip_address(host.partition("%")[0])
        inner = _inner(named)
        if any(address in network for address in (named, inner) for network in self._allowed):
            return True
        return _is_public(inner)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: Address) -> Address:
    """Unwrap an IPv4 address that travels inside an IPv6 one."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
