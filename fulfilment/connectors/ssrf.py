"""SSRF filter: connects to public addresses, and to the private networks an operator allowed."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address

refused_addresses: ContextVar[list[str]] = ContextVar("refused_addresses")
"""The addresses refused to the current request; a connector runs many requests at once."""

NAT64 = ip_network("64:ff9b::/96")


class AddressNotAllowed(OSError):
    """The host name resolved to an address that is neither public nor allowed."""


class AddressFilter:
    """Checks addresses at connect time, after DNS, so that a changed DNS answer is checked too."""

    def __init__(self, allowed_networks: Iterable[str]) -> None:
        self._allowed = [ip_network(network, strict=False) for network in allowed_networks]

    def open_socket(self, address: tuple[Any, ...]) -> socket.socket:
        """Create the socket for an allowed address (aiohttp's ``socket_factory``)."""
        family, kind, protocol, _, endpoint = address
        host = str(endpoint[0])
        if not self.allows(host):
            refused_addresses.get([]).append(host)
            raise AddressNotAllowed(f"{host} is not an allowed address.")
        return socket.socket(family, kind, protocol)

    def allows(self, host: str) -> bool:
        """Return whether an address is public, or allowed for this connection."""
        address = ip_address(host.partition("%")[0])
        inner = _inner(address)
        if any(each in network for each in (address, inner) for network in self._allowed):
            return True
        return _is_public(inner)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _inner(address: Address) -> Address:
    """Unwrap an IPv4 address that is embedded in an IPv6 one."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address
