"""Addresses of external systems: which URLs a connection may have, and where they may lead.

Public addresses by name are free. Private networks, and addresses written as numbers, only within
the networks that the operator allows in the environment (``OUTBOUND_NETWORKS``).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from common.sentences import Sentence
from common.sentences import sentence as _

Address = IPv4Address | IPv6Address

SCHEMES = frozenset({"http", "https"})
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
NOT_IN_A_URL = re.compile(r"[\s\x00-\x1f\x7f\\]")
NAT64 = ip_network("64:ff9b::/96")


class InvalidAddress(ValidationError):
    """The URL is not one that a connection may have; ``sentence`` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def check_url(url: str) -> None:
    """Refuse what is not the http or https address of a host, and what no operator allowed."""
    parts = _parts(url)
    if parts.scheme not in SCHEMES:
        raise InvalidAddress(
            _("%(url)s does not begin with https:// or http://.", url=shown_url(url))
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidAddress(
            _(
                "%(url)s holds a user name or a password: leave them out, messages are signed.",
                url=shown_url(url),
            )
        )
    host = parts.hostname or ""
    literal = _literal(host)
    if literal is None and not HOST_NAME.fullmatch(_ascii(host)):
        raise InvalidAddress(_("%(url)s names no host.", url=shown_url(url)))
    if literal is not None and not is_within(literal, settings.OUTBOUND_NETWORKS):
        raise InvalidAddress(
            _(
                "%(host)s is an address written as a number: use a name, "
                "or have an operator allow its network in OUTBOUND_NETWORKS.",
                host=host,
            )
        )


def shown_url(url: str) -> str:
    """Return a URL for people and logs: without user, password and query, which may be secret."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("?")[0][:100]
    place = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
    return place._replace(query="…" if parts.query else "").geturl()


def below(url: str, name: str) -> str:
    """Return the address of something below a URL, with the URL's own query."""
    parts = urlsplit(url)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}", fragment="").geturl()


def is_allowed(address: Address, networks: Iterable[str]) -> bool:
    """Return whether an address is public, or within networks that are allowed."""
    return is_within(address, networks) or _is_public(unwrapped(address))


def is_within(address: Address, networks: Iterable[str]) -> bool:
    """Return whether an address, or the one embedded in it, is in one of the networks."""
    either = (address, unwrapped(address))
    return any(each in _network(network) for each in either for network in networks)


def unwrapped(address: Address) -> Address:
    """Return the IPv4 address that is embedded in an IPv6 one, or the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


@lru_cache(maxsize=64)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text)


def _is_public(address: Address) -> bool:
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parts(url: str) -> SplitResult:
    """Split a URL; refuse one with spaces or control characters, or with a wrong port."""
    try:
        parts = urlsplit(url)
        is_wrong = bool(NOT_IN_A_URL.search(url)) or parts.port == 0
    except ValueError:
        is_wrong = True
    if is_wrong:
        raise InvalidAddress(_("%(url)s is not an address.", url=shown_url(url)))
    return parts


def _literal(host: str) -> Address | None:
    """Return the address that a host is, also in the short forms that resolvers understand."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _ascii(host: str) -> str:
    """Return a host name as DNS has it; empty if it cannot be one."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return ""
