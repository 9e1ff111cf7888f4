"""Admin pages of connections: what is typed, and secrets that are shown once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from api.asyncapi import describe
from fulfilment import signing
from fulfilment.models import Connection, Handoff, Health, Secret
from fulfilment.outbound.drain import drain
from fulfilment.services.connections import live_secrets
from sales.models import Company, Order
from tests.factories import CompanyFactory, Market
from tests.fulfilment.conftest import SECRET_IN, SECRET_OUT, FarEnd, send, submitted_order
from tests.fulfilment.messages import status_event
from tests.sales.admin_pages import address, problems

SECRET = re.compile(r"whsec_[A-Za-z0-9+/]+=*")
Purpose = Secret.Purpose


def typed(**changes: Any) -> dict[str, Any]:
    """The form of a new connection, with changes."""
    return {
        "code": "erp",
        "name": "ERP",
        "kind": "webhook",
        "url": "https://erp.example/hooks",
        "event_types": ["invoice.issued", "invoice.paid"],
        "reports_as": ["erp"],
        "payload_version": "1",
        "deadline_seconds": "15",
        "max_in_flight": "16",
        "gives_references": "on",
        "config": "{}",
        **{f"{part}-{count}_FORMS": "0" for part in PARTS for count in COUNTS},
    } | changes


PARTS = ("health", "secrets", "disabled_periods")
COUNTS = ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")


def add(client: Client, **changes: Any) -> Any:
    return client.post(address(Connection, "add"), typed(**changes))


def test_a_connection_may_serve_some_companies(admin_client: Client) -> None:
    served, other = CompanyFactory.create(), CompanyFactory.create()

    page = admin_client.get(address(Connection, "add")).content.decode()
    add(admin_client, companies=[str(served.pk)])

    assert served.name in page
    assert other.name in page
    assert Connection.objects.get().companies == [served.pk]


def test_a_supply_chain_system_ships_and_bills_for_companies(admin_client: Client) -> None:
    first, second = CompanyFactory.create(), CompanyFactory.create()
    chosen = {"ships": [str(first.pk)], "bills": [str(first.pk), str(second.pk)]}

    add(admin_client, code="scm", name="SCM", kind="supply", **chosen)

    company = Company.objects.values_list("shipped_by", "billed_by")
    assert (company.get(pk=first.pk), company.get(pk=second.pk)) == (("scm", "scm"), ("", "scm"))
    page = address(Connection, "change", Connection.objects.get().pk)
    form = admin_client.get(page).context["adminform"].form
    assert (form.initial["ships"], set(form.initial["bills"])) == (
        [first.pk],
        {first.pk, second.pk},
    )

    admin_client.post(page, typed(name="SCM", kind="supply", ships=[str(second.pk)]))

    assert Connection.objects.get().code == "scm"
    assert (company.get(pk=first.pk), company.get(pk=second.pk)) == (("", ""), ("scm", ""))


def test_refuses_a_second_system_for_a_company(admin_client: Client) -> None:
    company = CompanyFactory.create(name="Throughline", shipped_by="scm")

    answer = add(admin_client, code="tms", name="TMS", kind="supply", ships=[str(company.pk)])

    assert problems(answer) == ["“scm” ships the orders of Throughline: take that from it first."]
    assert not Connection.objects.exists()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"kind": "webhook"}, "ERP is no supply-chain system: only one of those ships or bills "),
        ({"kind": "supply", "companies": True}, "ERP does not serve Throughline: choose it among"),
    ],
)
def test_refuses_to_bill_what_it_cannot(
    admin_client: Client, changes: dict[str, Any], problem: str
) -> None:
    company, other = CompanyFactory.create(name="Throughline"), CompanyFactory.create()
    changes |= {"companies": [str(other.pk)] if changes.get("companies") else []}

    [shown] = problems(add(admin_client, bills=[str(company.pk)], **changes))

    assert shown.startswith(problem)
    assert not Connection.objects.exists()


def act(client: Client, action: str, *connections: Connection) -> Any:
    chosen = [str(each.pk) for each in connections]
    return client.post(address(Connection), {"action": action, "_selected_action": chosen})


def test_gives_a_new_connection_its_secrets_and_shows_them_once(admin_client: Client) -> None:
    shown = add(admin_client)

    erp = Connection.objects.get()
    assert (erp.event_types, erp.reports_as) == (["invoice.issued", "invoice.paid"], ["erp"])
    secrets = SECRET.findall(shown.content.decode())
    assert len(set(secrets)) == 2
    assert [live_secrets(erp, purpose) for purpose in Purpose] == [[each] for each in secrets]
    assert "/api/v1/intake/erp" in shown.content.decode()
    assert "no-store" in shown.headers["Cache-Control"]
    assert not any(each in str(admin_client.cookies) for each in secrets)
    for page in (address(Connection), address(Connection, "change", erp.pk)):
        again = admin_client.get(page).content.decode()
        assert not SECRET.search(again)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"url": "ftp://erp.example/"}, "ftp://erp.example/ does not begin with https://"),
        ({"url": "https://ada:S3cret@erp.example/"}, "holds a user name or a password"),
        ({"url": "https://10.1.2.3/"}, "10.1.2.3 is an address written as a number"),
        (
            {"event_types": ["order.drafted"]},
            "Event types has no choice “order.drafted”: choose one that is offered.",
        ),
        ({"reports_as": ["bank"]}, "Reports as has no choice “bank”: choose one that is offered."),
        ({"deadline_seconds": "61"}, "is at most 60; you entered 61."),
        ({"config": '{"tolerance": "much"}'}, "The tolerance of ERP is “much”"),
        ({"config": '{"tolerance": {}, "tolerance": {}}'}, "“tolerance” stands twice"),
    ],
)
def test_refuses_a_wrong_setting_where_it_is_typed(
    admin_client: Client, changes: dict[str, Any], problem: str
) -> None:
    answer = add(admin_client, **changes)

    assert any(problem in each for each in problems(answer)), problems(answer)
    assert not Connection.objects.exists()
    assert not Secret.objects.exists()


def test_offers_what_it_may_be_sent_by_the_names_of_asyncapi(admin_client: Client) -> None:
    page = admin_client.get(address(Connection, "add")).content.decode()

    for name in describe()["channels"]["outgoing"]["messages"]:
        value = name.removeprefix("throughline.")
        assert f'name="event_types" value="{value}"' in page
        assert re.search(rf">\s*{re.escape(name)}\s*</label>", page), name
    assert page.count('name="event_types"') == len(describe()["channels"]["outgoing"]["messages"])
    assert "allowed_networks" not in page


def test_shows_a_rotated_secret_once_and_revokes_the_old_one(
    order: Order, warehouse: FarEnd, admin_client: Client
) -> None:
    shown = act(admin_client, "rotate_inbound", warehouse.connection)
    [new] = SECRET.findall(shown.content.decode())
    assert live_secrets(warehouse.connection, Purpose.INBOUND) == [new, SECRET_IN]
    assert send(status_event(order), secret=SECRET_IN).status_code == 200

    act(admin_client, "revoke_old", warehouse.connection)

    assert live_secrets(warehouse.connection, Purpose.INBOUND) == [new]
    assert live_secrets(warehouse.connection, Purpose.OUTBOUND) == [SECRET_OUT]
    assert send(status_event(order, "packed"), secret=SECRET_IN).status_code == 401
    assert send(status_event(order, "packed"), secret=new).status_code == 200


def test_signs_with_a_secret_as_soon_as_it_is_shown(
    market: Market, warehouse: FarEnd, admin_client: Client
) -> None:
    shown = act(admin_client, "rotate_outbound", warehouse.connection)
    [new] = SECRET.findall(shown.content.decode())
    submitted_order(market)

    drain()

    [request] = warehouse.received
    assert signing.verify(dict(request.headers), request.get_data(), [new])
    assert signing.verify(dict(request.headers), request.get_data(), [SECRET_OUT])


def test_keeps_the_backlog_of_what_it_disables(
    order: Order, warehouse: FarEnd, admin_client: Client
) -> None:
    answer = act(admin_client, "disable", warehouse.connection)

    page = admin_client.get(answer.headers["Location"]).content.decode()
    assert "Warehouse is disabled. Waiting until it is resumed: 1." in page
    assert send(status_event(order)).status_code == 401
    assert Handoff.objects.get().state == Handoff.State.QUEUED
    act(admin_client, "resume", warehouse.connection)
    drain()
    assert Handoff.objects.get().state == Handoff.State.ACCEPTED


def test_shows_on_its_page_what_was_not_queued_while_disabled(
    market: Market, warehouse: FarEnd, admin_client: Client
) -> None:
    page = address(Connection, "change", warehouse.connection.pk)
    act(admin_client, "disable", warehouse.connection)
    missed = submitted_order(market)
    assert str(missed.number) in admin_client.get(page).content.decode()

    answer = act(admin_client, "resume", warehouse.connection)

    answered = admin_client.get(answer.headers["Location"]).content.decode()
    assert f"Not queued while it was disabled: 1 events of {missed.number}." in answered
    assert str(missed.number) in admin_client.get(page).content.decode()


def test_tries_again_at_once_when_the_address_is_corrected(
    order: Order, warehouse: FarEnd, admin_client: Client
) -> None:
    connection = warehouse.connection
    warehouse.will_answer(410)
    drain()
    connection.refresh_from_db()
    assert connection.status == Connection.Status.GONE
    page = admin_client.get(address(Connection, "change", connection.pk))
    form = page.context["adminform"].form
    values = {name: value for name, value in form.initial.items() if value not in (None, False)}
    form_data = typed(**values) | {"name": "Warehouse 2", "config": "{}"}
    form_data |= {"health-TOTAL_FORMS": "0", "secrets-TOTAL_FORMS": "0"}

    saved = admin_client.post(address(Connection, "change", connection.pk), form_data)

    assert saved.status_code == 302, problems(saved)
    connection.refresh_from_db()
    assert (connection.name, connection.status) == ("Warehouse 2", "active")
    assert Health.objects.get(connection=connection).breaker == "closed"
    drain()
    assert Handoff.objects.get().state == Handoff.State.ACCEPTED


def test_shows_no_query_of_an_address_in_the_list(admin_client: Client, db: None) -> None:
    add(admin_client, url="https://erp.example/hook?code=S3cret")

    page = admin_client.get(address(Connection)).content.decode()

    assert "https://erp.example/hook?…" in page
    assert "S3cret" not in page


def test_refuses_the_name_of_a_kind_of_actor_as_a_code(admin_client: Client) -> None:
    refusal = (
        "“person” cannot be the code of a connection: what people, partners and Throughline "
        "itself enter is kept under such names. Choose another code."
    )
    assert problems(add(admin_client, code="person")) == [refusal]
    assert not Connection.objects.exists()
