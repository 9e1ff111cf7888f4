"""Addresses of external systems: which URLs a connection may have, and where they may lead.

Public addresses by name are free. Private networks, and addresses written as numbers, only within
the networks that the operator allows in the environment (``OUTBOUND_NETWORKS``).
"""

from __future__ import annotations

import re
import socket
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlencode, urlsplit

import idna
from django.conf import settings
from django.core.exceptions import ValidationError

from common.sentences import Sentence
from common.sentences import sentence as _

Address = IPv4Address | IPv6Address

SCHEMES = frozenset({"http", "https"})
LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
"""A part of a host name between two dots."""
LONGEST_HOST = 253
NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
"""A last label that makes the whole host an address, or nothing."""
DOTS = dict.fromkeys(map(ord, "。．｡"), ".")
"""What IDNA reads as a dot."""
NOT_IN_A_URL = re.compile(r"[\s\\]")
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
    if "#" in url:
        raise InvalidAddress(
            _("%(url)s goes on after a #, which is never sent: end it there.", url=shown_url(url))
        )
    _check_host(url, parts)


def check_partner_url(url: str) -> None:
    """Refuse what no connection may have, and what is not encrypted on its way to a partner."""
    check_url(url)
    parts = urlsplit(url)
    if parts.scheme != "https" and _literal(parts.hostname or "") is None:
        raise InvalidAddress(
            _(
                "%(url)s does not begin with https://. Only to an address written as a number, in "
                "a network that an operator allows in OUTBOUND_NETWORKS, http is enough.",
                url=shown_url(url),
            )
        )


def _check_host(url: str, parts: SplitResult) -> None:
    """Refuse a host that is none, or an address that no operator allowed, however it is written."""
    typed = parts.hostname or ""
    host = unicodedata.normalize("NFKC", typed.translate(DOTS))
    literal = _literal(host)
    if literal is not None and not is_within(literal, settings.OUTBOUND_NETWORKS):
        raise InvalidAddress(
            _(
                "%(host)s is an address written as a number: use a name, "
                "or have an operator allow its network in OUTBOUND_NETWORKS.",
                host=typed,
            )
        )
    if literal is None and ("[" in parts.netloc or not _is_name(host)):
        raise InvalidAddress(
            _("%(url)s names no host: write one like erp.example.com.", url=shown_url(url))
        )
    plain = host if literal is None else _plain(literal)
    if unicodedata.normalize("NFC", typed) != plain:
        raise InvalidAddress(
            _("%(host)s is another way to write %(plain)s: write that.", host=typed, plain=plain)
        )


def shown_url(url: str) -> str:
    """Return a URL for people and logs: without user, password and query, which may be secret."""
    url = "".join("\ufffd" if _is_invisible(each) else each for each in url)
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


def beside(url: str, path: str) -> str:
    """Return the address of something else on the same server, with the URL's own query."""
    return urlsplit(url)._replace(path=path, fragment="").geturl()


def with_query(url: str, **values: str) -> str:
    """Return a URL that asks for something, after the query that it has."""
    parts = urlsplit(url)
    asked = "&".join(filter(None, (parts.query, urlencode(values))))
    return parts._replace(query=asked).geturl()


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
    """Split a URL; refuse one with spaces or invisible characters, or with a wrong port."""
    try:
        parts = urlsplit(url)
        is_wrong = bool(NOT_IN_A_URL.search(url)) or _is_invisible(url)
        is_wrong |= parts.port == 0 or parts.netloc.endswith(":")
    except ValueError:
        is_wrong = True
    if is_wrong:
        raise InvalidAddress(
            _("%(url)s is not an address like https://erp.example.com/hooks.", url=shown_url(url))
        )
    return parts


def _is_invisible(text: str) -> bool:
    """Whether a text has characters that control or format others, or belong to nobody."""
    return any(unicodedata.category(each).startswith("C") for each in text)


def _literal(host: str) -> Address | None:
    """Return the address that a host is, also in the short forms that resolvers understand."""
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host.removesuffix(".")))
    except (OSError, ValueError):
        return None


def _plain(address: Address) -> str:
    """Return the shortest way to write an address; a network card's zone holds on one machine."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or type(address)(int(address)))


def is_host(host: str) -> bool:
    """Whether a host is an address, or a name that DNS may hold."""
    return _literal(host) is not None or _is_name(unicodedata.normalize("NFKC", host))


def _is_name(host: str) -> bool:
    """Whether DNS may hold a host; one that ends in a number is an address, or nothing."""
    labels = [_ascii(each) for each in host.removesuffix(".").split(".")]
    are_labels = all(LABEL.fullmatch(each) for each in labels)
    has_digits = any(each.isdecimal() and not each.isascii() for each in host)
    is_number = NUMBER.fullmatch(labels[-1].lower())
    fits = len(".".join(labels)) <= LONGEST_HOST
    return are_labels and not is_number and not has_digits and fits


def _ascii(label: str) -> str:
    """Return a label as DNS has it; empty if it cannot be one, as what xn-- stands for nothing."""
    if label.isascii() and not label.lower().startswith("xn--"):
        return label
    try:
        return idna.encode(label, uts46=True).decode()
    except idna.IDNAError:
        return ""
