"""SSRF filter: the addresses that messages may be sent to."""

from __future__ import annotations

import pytest

from fulfilment.connectors.ssrf import AddressFilter


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
    ],
)
def test_refuses_addresses_that_are_not_public(host: str) -> None:
    assert not AddressFilter([]).allows(host)


@pytest.mark.parametrize("host", ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e"])
def test_allows_public_addresses(host: str) -> None:
    assert AddressFilter([]).allows(host)


def test_allows_the_networks_of_the_operator() -> None:
    addresses = AddressFilter(["10.0.0.0/8", "fd00::/8"])

    assert addresses.allows("10.9.8.7")
    assert addresses.allows("::ffff:10.9.8.7")
    assert addresses.allows("fd00::1")
    assert not addresses.allows("192.168.0.1")
