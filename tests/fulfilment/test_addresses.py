"""Addresses of connections: what may be typed, and what is shown of them."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from fulfilment.addresses import below, check_url, shown_url


@pytest.mark.parametrize(
    "url",
    [
        "https://erp.example/hooks",
        "http://warehouse:8080/hooks/throughline?code=S3cret",
        "https://bücher.example/hooks",
        "https://xn--bcher-kva.example/hooks",
        "https://straße.example/hooks",
        "https://erp_1.example./hooks",
        "HTTPS://erp.example",
        "https://erp.example:8443",
        "http://127.0.0.1:8101/hooks",
    ],
)
def test_accepts_a_host_by_its_name_and_what_the_operator_allows(url: str) -> None:
    check_url(url)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://erp.example/", "does not begin with https:// or http://"),
        ("file:///etc/passwd", "does not begin with https:// or http://"),
        ("erp.example/hooks", "does not begin with https:// or http://"),
        ("https://ada:S3cret@erp.example/", r"https://erp\.example/ holds a user name"),
        ("https://ada@erp.example/", r"https://erp\.example/ holds a user name"),
        ("https://:@erp.example/", "holds a user name"),
        ("https://", "names no host"),
        ("https:///hooks", "names no host"),
        ("https://-erp/", "names no host"),
        ("https://erp..example/", "names no host"),
        ("http://xn--/", "names no host"),
        ("http://xn--a.example/", "names no host"),
        ("http://erp.XN--.example/", "names no host"),
        ("https://erp.-scm.example/", "names no host"),
        ("https://erp-.example/", "names no host"),
        ("https://er\u0301\u0301\u200bp.example/", "is not an address"),
        (f"https://{'b' * 64}.example/", "names no host"),
        (f"https://{'ü' * 60}.example/", "names no host"),
        ("https://erp.example:0/", "is not an address"),
        ("https://erp.example:99999/", "is not an address"),
        ("https://erp.example:x/", "is not an address"),
        ("https://[::1/", "is not an address"),
        ("https://erp.example\\@evil.example/", "is not an address"),
        ("https://erp.example/ho oks", "is not an address"),
        ("https://erp.example/\x00", "is not an address"),
        ("https://10.1.2.3/hooks", r"10\.1\.2\.3 is an address written as a number"),
        ("https://93.184.215.14/hooks", "is an address written as a number"),
        ("https://[2606:4700::1111]/", "is an address written as a number"),
        ("https://[::ffff:10.0.0.1]/", "is an address written as a number"),
        ("http://169.254.169.254/latest/meta-data", "is an address written as a number"),
        ("http://2852039166/", "is an address written as a number"),
        ("http://0xa9fea9fe/", "is an address written as a number"),
        ("http://169.254.43518/", "is an address written as a number"),
    ],
)
def test_refuses_any_other_address(url: str, message: str) -> None:
    with pytest.raises(ValidationError, match=message) as raised:
        check_url(url)

    assert "S3cret" not in str(raised.value)


def test_allows_literal_addresses_of_the_networks_in_the_environment(settings: Settings) -> None:
    settings.OUTBOUND_NETWORKS = ["10.0.0.0/8", "fd00::/8"]

    check_url("http://10.1.2.3/hooks")
    check_url("http://[fd00::1]:8080/hooks")
    with pytest.raises(ValidationError):
        check_url("http://127.0.0.1/hooks")


def test_shows_a_url_without_what_may_be_secret() -> None:
    assert shown_url("https://erp.example/a?code=S3cret#x") == "https://erp.example/a?…"
    assert shown_url("https://ada:S3cret@erp.example:8443/") == "https://erp.example:8443/"
    assert shown_url("https://erp.example/hooks") == "https://erp.example/hooks"
    assert shown_url("http://[broken?S3cret") == "http://[broken"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://erp.example/hook?code=S3cret", "https://erp.example/hook/evt_1?code=S3cret"),
        ("https://erp.example/hook/", "https://erp.example/hook/evt_1"),
        ("https://erp.example", "https://erp.example/evt_1"),
        ("https://erp.example/?a=1&b=2#part", "https://erp.example/evt_1?a=1&b=2"),
    ],
)
def test_keeps_the_query_of_the_url_below_which_it_looks(url: str, address: str) -> None:
    assert below(url, "evt_1") == address
