"""Settings of a connection to a supply-chain system: what each may be, and what it does."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from pytest_httpserver import HTTPServer

from fulfilment.models import Connection, Discrepancy, SyncState
from fulfilment.sync.policies import POLICIES, Owner, policy_of
from sales.models import Order, Product
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import (
    answered,
    changed,
    connect_supply,
    last_push,
    mapped_product,
    sold,
    their_line,
    their_order,
)
from tests.sales.admin_pages import address, problems
from web.forms.addresses import PARTS

LINK = "https://scm.example.com/orders/{id}"


@pytest.fixture
def supply(market: Market, httpserver: HTTPServer) -> FarEnd:
    far_end = connect_supply(httpserver, market)
    mapped_product(far_end.connection, market, "AX-9", "20.00")
    return far_end


def connection(**fields: Any) -> Connection:
    kind = {"kind": Connection.Kind.SUPPLY}
    return Connection(code="scm", name="SCM", url="https://scm.example", **(kind | fields))


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("link_template", "http://scm.example.com/{id}", "is no address of a record"),
        ("link_template", "https://scm.example.com/orders", "is no address of a record"),
        ("link_template", "https://scm.example.com/{key}/{id}", "is no address of a record"),
        ("link_template", "https:///orders/{id}", "is no address of a record"),
        ("link_template", "https://[scm/{id}", "is no address of a record"),
        ("link_template", "javascript:alert({id})", "is no address of a record"),
        ("field_owners", {"head.name": "theirs"}, "Only a shared field can be given to one side"),
        ("field_owners", {"head.ship_to": "origin"}, "Only a shared field can be given to one"),
        ("field_owners", {"head.ship_to": "mine"}, "Give shared fields to “ours” or “theirs”"),
        ("field_owners", ["head.ship_to"], "Give shared fields to “ours” or “theirs”"),
        ("number_prefix", "-SO", "Begin with a letter or digit"),
    ],
)
def test_refuses_what_is_no_setting(field: str, value: Any, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem) as refused:
        connection(**{field: value}).clean_fields()

    assert set(refused.value.message_dict) == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [("number_prefix", "SO-"), ("link_template", LINK), ("field_owners", {1: 2})],
)
def test_only_a_supply_chain_system_has_them(field: str, value: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        connection(kind=Connection.Kind.WEBHOOK, **{field: value}).clean()

    assert refused.value.message_dict == {
        field: ["Only a connection to a supply-chain system has this: leave it empty."]
    }


@pytest.mark.parametrize(
    ("template", "link"),
    [
        (LINK, "https://scm.example.com/orders/7%2F1%20a"),
        ("https://scm.example.com/?n={number}#{id}", "https://scm.example.com/?n=SO-1#7%2F1%20a"),
        ("", ""),
    ],
)
def test_links_to_an_order_there(template: str, link: str) -> None:
    assert connection(link_template=template).link_to("7/1 a", "SO-1") == link


def test_links_to_nothing_that_is_not_known() -> None:
    assert connection(link_template=LINK).link_to("", "SO-1") == ""


def test_their_orders_have_the_default_owner_or_else_that_of_the_account(
    supply: FarEnd, market: Market
) -> None:
    receive_from(supply, changed(their_order(id="1", number="SO-1")))
    clerk = UserFactory.create()
    Connection.objects.filter(pk=supply.connection.pk).update(default_owner=clerk)
    supply.connection.refresh_from_db()
    receive_from(supply, changed(their_order(their_line("L-2"), id="2", number="SO-2")))

    owners = Order.objects.order_by("number").values_list("owner", "team")
    assert list(owners) == [(market.rep.pk, market.rep.team_id), (clerk.pk, clerk.team_id)]


def test_a_trade_in_without_a_category_goes_out_under_the_default_one(
    supply: FarEnd, market: Market
) -> None:
    Connection.objects.filter(pk=supply.connection.pk).update(default_category=market.category)
    supply.connection.refresh_from_db()
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=Product.objects.get(), quantity=Decimal(3))
    add_line(
        order,
        actor=market.rep,
        kind="deduction",
        description="Old grinder",
        unit_price=Decimal(8),
        tax_category=market.tax_category,
    )
    order = submit_order(order.pk, actor=market.rep)

    push = last_push()
    codes = [(line["item"], line["category"]) for line in push["order"]["lines"]]
    assert codes == [("AX-9", None), (None, "PARTS")]

    assert receive_from(supply, changed(answered(push))) == "applied"
    order.refresh_from_db()
    assert order.version == push["order"]["version"]
    assert not Discrepancy.objects.exists()


def both_edit_the_price(supply: FarEnd, market: Market, owner: str) -> Order:
    """Let both edit the price of a line: 21.00 here, 22.00 there; it was 20.00."""
    owners = {"line.*.price": owner} if owner else {}
    Connection.objects.filter(pk=supply.connection.pk).update(field_owners=owners)
    supply.connection.refresh_from_db()
    order = sold(market)
    theirs = answered(last_push())
    receive_from(supply, changed(theirs))
    prices = {order.lines.get().pk: {"unit_price": Decimal(21)}}
    change_order(order.pk, Changes(lines=prices), actor=market.rep)
    [line] = theirs["lines"]
    edited = theirs | {"lines": [line | {"price": "22.00"}], "sequence": 10_001}
    receive_from(supply, changed(edited))
    return order


@pytest.mark.parametrize(
    ("owner", "price", "conflicts"), [("", 21, 1), ("ours", 21, 0), ("theirs", 22, 0)]
)
def test_a_field_that_is_given_to_one_side_is_never_in_conflict(
    supply: FarEnd, market: Market, owner: str, price: int, conflicts: int
) -> None:
    order = both_edit_the_price(supply, market, owner)

    assert order.lines.get().unit_price == price
    assert Discrepancy.objects.open().count() == conflicts


def test_a_field_of_theirs_is_sent_as_they_hold_it_and_never_named(
    supply: FarEnd, market: Market
) -> None:
    order = both_edit_the_price(supply, market, "theirs")
    change_order(order.pk, Changes(head={"name": "Terrace"}), actor=market.rep)
    prices = {order.lines.get().pk: {"unit_price": Decimal(5)}}
    change_order(order.pk, Changes(lines=prices), actor=market.rep)

    push = last_push()
    assert push["changes"] == []
    assert [line["price"] for line in push["order"]["lines"]] == ["22.00"]


def test_the_admin_shows_the_policies_and_moves_shared_fields(
    admin_client: Client, supply: FarEnd
) -> None:
    page = address(Connection, "change", supply.connection.pk)
    shown = admin_client.get(page)
    form = shown.context["adminform"].form
    html = shown.content.decode()

    shared = [policy.path for policy in POLICIES if policy.owner is Owner.SHARED]
    assert [f'name="field_owners-{path}"' in html for path in shared] == [True] * len(shared)
    assert html.count('<select name="field_owners-') == len(shared)
    assert "Price of a line" in html

    typed = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    counts = {
        f"{part}-{count}_FORMS": "0"
        for part in ("health", "secrets", "disabled_periods")
        for count in ("TOTAL", "INITIAL", "MIN_NUM", "MAX_NUM")
    }
    typed |= counts | {"config": "{}", "link_template": LINK}
    typed |= {"field_owners-line.*.price": "theirs", "field_owners-head.ship_to": "shared"}
    del typed["field_owners"]
    answer = admin_client.post(page, typed)

    assert answer.status_code == 302, problems(answer)
    supply.connection.refresh_from_db()
    assert supply.connection.field_owners == {"line.*.price": "theirs"}
    assert supply.connection.link_template == LINK
    policy = policy_of("line.7.price", supply.connection.policies)
    assert policy is not None
    assert policy.owner is Owner.THEIRS


def test_the_page_of_another_kind_of_connection_does_not_show_them(
    admin_client: Client, warehouse: FarEnd
) -> None:
    form = admin_client.get(address(Connection, "change", warehouse.connection.pk))
    html = form.content.decode()

    assert "Who does what" not in html
    assert "id_number_prefix" not in html


def test_a_change_order_cannot_type_what_they_keep(
    client: Client, supply: FarEnd, market: Market
) -> None:
    owners = {"line.*.quantity": "theirs", "head.ship_to": "theirs", "head.requested_on": "ours"}
    Connection.objects.filter(pk=supply.connection.pk).update(field_owners=owners)
    order = sold(market)
    client.force_login(market.rep)
    url = reverse("sales:order-change", args=[order.pk])
    html = client.get(url).content.decode()
    line = order.lines.get()
    typed = {
        "head-name": "Terrace",
        "head-city": "Lyon",
        f"{line.pk}-description": line.description,
        f"{line.pk}-quantity": "9",
        f"{line.pk}-unit_price": "20.00",
        f"{line.pk}-discount": "",
    }

    seen = client.post(url, typed)

    assert html.count('title="Kept in Supply"') == 1 + len(PARTS)
    assert [str(change.label) for change in seen.context["preview"]] == ["Name"]


def test_the_preview_of_a_change_order_says_that_prices_are_kept_there(
    client: Client, supply: FarEnd, market: Market
) -> None:
    Connection.objects.filter(pk=supply.connection.pk).update(
        field_owners={"line.*.price": "theirs"}
    )
    order = sold(market)
    client.force_login(market.rep)
    line = order.lines.get()
    typed = {
        "head-name": order.name,
        f"{line.pk}-description": line.description,
        f"{line.pk}-quantity": "9",
        f"{line.pk}-discount": "",
    }

    seen = client.post(reverse("sales:order-change", args=[order.pk]), typed)

    [rule] = seen.context["price_rules"]
    assert rule == f"The price of {line.description} is kept in Supply and stays."


def test_what_is_kept_there_counts_only_for_orders_that_are_shared(
    client: Client, supply: FarEnd, warehouse: FarEnd, market: Market
) -> None:
    owners = {"line.*.quantity": "theirs"}
    Connection.objects.filter(pk=supply.connection.pk).update(field_owners=owners)
    order = sold(market)
    SyncState.objects.all().delete()
    client.force_login(market.rep)

    html = client.get(reverse("sales:order-change", args=[order.pk])).content.decode()

    assert "Kept in" not in html
