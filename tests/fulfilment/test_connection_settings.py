"""Fuzz of the settings of a connection: what is accepted can be used, whatever was typed."""

from __future__ import annotations

import json
import socket
from decimal import Decimal
from ipaddress import ip_address
from typing import Any

import pytest
from django.conf import settings as configured
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import ModelForm
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from crm.models import User
from fulfilment.addresses import check_url, is_within
from fulfilment.models import Connection
from fulfilment.models.tolerances import LARGEST, TOLERATED
from fulfilment.monitoring.alerts import alerts_for
from fulfilment.monitoring.metrics import collect_metrics
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.test_connection_admin import typed

OTHER_DIGITS = str.maketrans("0123456789", "⓪①②③④⑤⑥⑦⑧⑨")
FULL_WIDTH = str.maketrans("0123456789.", "０１２３４５６７８９。")
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WAYS = (
    str,
    int,
    lambda address: hex(int(address)),
    lambda address: ".".join(f"0{int(part):o}" for part in str(address).split(".")),
    lambda address: ".".join(hex(int(part)) for part in str(address).split(".")),
    lambda address: f"{str(address).partition('.')[0]}.{int(address) & 0xFFFFFF}",
    lambda address: f"{address}.",
    lambda address: str(address).translate(OTHER_DIGITS),
    lambda address: str(address).translate(FULL_WIDTH),
    lambda address: str(address).translate(ARABIC),
    lambda address: f"[::ffff:{address}]",
    lambda address: f"[64:ff9b::{address}]",
    lambda address: f"{address}%eth0",
)
"""How an address may be written."""

hosts = st.one_of(
    st.builds(lambda way, address: str(way(address)), st.sampled_from(WAYS), st.ip_addresses(v=4)),
    st.builds(
        lambda way: str(way(ip_address("127.0.0.1"))),
        st.sampled_from(WAYS),
    ),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.text("0123xfa.:[]%①。７٣-_ é\u202e", max_size=20),
)
urls = st.builds(
    lambda scheme, host, rest: f"{scheme}://{host}{rest}",
    st.sampled_from(["http", "https", "ftp"]),
    hosts,
    st.sampled_from(
        ["", "/", "/hooks", "/?code=1", "#", "/#part", ":80", ":0", ":", "/a b", "\\x"]
    ),
)
configs = st.one_of(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["tolerance", *TOLERATED, "x", "\x00"]), inner)
        ),
        max_leaves=6,
    ).map(json.dumps),
    st.text('[]{}",:0123456789eE.-+nullNaInfity\\ud8', max_size=30),
)


@settings(max_examples=300, deadline=None)
@given(urls)
def test_no_address_gets_past_the_networks_that_are_allowed(url: str) -> None:
    try:
        check_url(url)
    except ValidationError:
        return

    assert "#" not in url
    host = URL(url).host
    assert host
    try:
        [*_, place] = socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)[0]
    except socket.gaierror:
        return  # a name, which is filtered when it is resolved
    address = ip_address(str(place[0]))
    assert is_within(address, configured.OUTBOUND_NETWORKS)
    assert str(address) in url


@pytest.fixture
def connection_form(admin_user: User, rf: RequestFactory) -> type[ModelForm[Connection]]:
    """The form of the admin."""
    request = rf.get("/")
    request.user = admin_user
    form: type[ModelForm[Connection]] = admin.site.get_model_admin(Connection).get_form(request)
    return form


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(config=configs)
def test_no_config_gets_past_the_schema_of_its_connector(
    connection_form: type[ModelForm[Connection]], config: str
) -> None:
    form = connection_form(typed(config=config))
    if not form.is_valid():
        assert form.errors.keys() == {"config"}
        assert str(form)
        return

    with transaction.atomic():
        connection = form.save()
        connection.refresh_from_db()
        transaction.set_rollback(True)

    assert connection.config.keys() <= {"tolerance"}
    for kind in TOLERATED:
        assert 0 <= connection.tolerance(kind) <= LARGEST


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": "http://①.①.①.①/"}, "①.①.①.① is an address written as a number"),
        ({"url": "http://①②⑦.⓪.⓪.①/"}, "①②⑦.⓪.⓪.① is another way to write 127.0.0.1: write that."),
        ({"url": "http://1.1.1.1.:80"}, "1.1.1.1. is an address written as a number"),
        ({"url": "http://2130706433"}, "2130706433 is another way to write 127.0.0.1"),
        ({"url": "http://0x7f.1/"}, "0x7f.1 is another way to write 127.0.0.1"),
        ({"url": "http://0177.0.0.1/"}, "0177.0.0.1 is another way to write 127.0.0.1"),
        ({"url": "http://[::ffff:127.0.0.1]/"}, "::ffff:127.0.0.1 is another way to write"),
        ({"url": "https://erp.example/#hooks"}, "https://erp.example/ goes on after a #"),
        ({"url": "https://erp.1/"}, "names no host: write one like erp.example.com."),
        ({"url": "https://erp.example:/"}, "is not an address like https://erp.example.com/hooks."),
        ({"config": "[]"}, "The settings of ERP are “[]”: write an object, such as {}"),
        ({"config": "7"}, "The settings of ERP are “7”: write an object"),
        (
            {"config": '{"tolerances": 1}'},
            "ERP has no setting “tolerances”: it may have tolerance.",
        ),
        ({"config": '{"tolerance": [1]}'}, "The tolerance of ERP is “[1]”: write an amount"),
        ({"config": '{"tolerance": {"tax": 1}}'}, "The tolerance of ERP names “tax”"),
        (
            {"config": '{"tolerance": {"invoice_tax": {"a": 1}}}'},
            "The tolerance of ERP is “{'a': 1}”",
        ),
        ({"config": '{"tolerance": "1e400"}'}, "The tolerance of ERP is “1e400”: write an amount"),
        ({"config": '{"tolerance": 1e400}'}, "Write JSON"),
        ({"config": '{"tolerance": NaN}'}, "Write JSON"),
        ({"config": '{"tolerance": ' + "9" * 5000 + "}"}, "Write JSON"),
        ({"config": "[" * 100_000}, "Write JSON"),
        ({"config": '{"tolerance": "\\u0000"}'}, "Write JSON"),
        ({"config": '{"\\ud800": 1}'}, "Write JSON"),
        ({"config": '{"tolerance": 1000001}'}, "The tolerance of ERP is “1000001”"),
        ({"config": '{"tolerance": "0.000001"}'}, "at most 5 decimals, such as 0.01."),
        ({"config": '{"tolerance": true}'}, "The tolerance of ERP is “True”"),
        ({"config": '{"tolerance": "٣"}'}, "The tolerance of ERP is “٣”"),
        ({"payload_version": "2"}, "There is no payload version 2: write one of 1."),
        ({"max_in_flight": "65"}, "is at most 64; you entered 65."),
    ],
    ids=lambda value: ascii(value)[:40] if isinstance(value, dict) else "",
)
def test_refuses_an_odd_setting_at_its_field(
    connection_form: type[ModelForm[Connection]], changes: dict[str, Any], sentence: str
) -> None:
    form = connection_form(typed(**changes))

    [field] = changes
    assert form.errors.keys() == {field}
    assert sentence in " ".join(map(str, form.errors[field]))


@pytest.mark.parametrize(
    ("config", "tolerated"),
    [
        ("", "0"),
        ("null", "0"),
        ("{}", "0"),
        ('{"tolerance": 0.02}', "0.02"),
        ('{"tolerance": 0.00001}', "0.00001"),
        ('{"tolerance": {"invoice_tax": "0.02"}}', "0.02"),
    ],
)
def test_accepts_the_settings_of_its_connector(
    connection_form: type[ModelForm[Connection]], config: str, tolerated: str
) -> None:
    connection = connection_form(typed(config=config)).save()

    connection.refresh_from_db()
    assert connection.tolerance("invoice_tax") == Decimal(tolerated)


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        ({"config": []}, "Config: The settings of Warehouse are “[]”: write an object"),
        ({"config": {"x": 1}}, "Config: Warehouse has no setting “x”"),
        ({"payload_version": 2}, "Payload version: There is no payload version 2: write"),
        ({"url": "http://2130706433/"}, "URL: 2130706433 is another way to write 127.0.0.1"),
        ({"deadline_seconds": 999}, "Deadline seconds: Ensure this value is less than or equal"),
    ],
)
def test_names_a_setting_that_was_stored_before_it_was_checked(
    warehouse: FarEnd, stored: dict[str, Any], problem: str
) -> None:
    assert alerts_for(collect_metrics()) == []
    Connection.objects.update(**stored)

    [alert] = alerts_for(collect_metrics())

    assert alert.text.startswith(f"A setting of Warehouse is not valid. {problem}")
    assert (alert.connection, alert.code) == ("warehouse", "misconfigured")
