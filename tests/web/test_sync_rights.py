"""Who may do what on the pages of two-way sync: each role and each action."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from crm import roles
from crm.models import User
from fulfilment.models import Connection, Discrepancy, InboundMessage
from sales.models import Order
from tests.factories import Market, UserFactory
from tests.fulfilment.conftest import FarEnd
from tests.fulfilment.messages import receive_from
from tests.fulfilment.supply import changed, their_line
from tests.web.test_conflict_pages import conflicting, supply

__all__ = ["conflicting", "supply"]

ROLES = ("stranger", "rep", "manager", "back office", "administrator", "auditor")
DONE, FORBIDDEN, UNKNOWN = 200, 403, 404

TABLE: dict[str, tuple[int, ...]] = {
    # who may see the order sees its state, and who may change it compares and decides
    "see the order": (UNKNOWN, DONE, DONE, DONE, DONE, DONE),
    "see a field in conflict": (UNKNOWN, DONE, DONE, DONE, DONE, DONE),
    "decide the fields": (UNKNOWN, DONE, DONE, DONE, DONE, FORBIDDEN),
    "compare now": (UNKNOWN, DONE, DONE, DONE, DONE, FORBIDDEN),
    # what concerns more than one order is for the back office and administrators
    "see a message": (UNKNOWN, DONE, DONE, DONE, DONE, DONE),
    "map it": (FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, DONE, FORBIDDEN),
    "apply again": (FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, DONE, FORBIDDEN),
    "set aside": (FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, DONE, FORBIDDEN),
    "decide a report": (UNKNOWN, FORBIDDEN, FORBIDDEN, DONE, DONE, FORBIDDEN),
    "see the connection": (FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, DONE, DONE),
    "compare all now": (FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, DONE, FORBIDDEN),
    "first load": (FORBIDDEN, FORBIDDEN, FORBIDDEN, DONE, DONE, FORBIDDEN),
}
"""The answers to each role, in the order of ROLES."""

POSTED = {"compare now", "apply again", "compare all now"}


def person(role: str, market: Market) -> User:
    if role == "rep":
        return market.rep
    named = {
        "stranger": roles.SALES_REP,
        "manager": roles.SALES_MANAGER,
        "back office": roles.BACK_OFFICE,
        "administrator": roles.ADMINISTRATOR,
        "auditor": roles.AUDITOR,
    }
    team = {"team": market.rep.team} if role == "manager" else {}
    found: User = UserFactory.create(role=named[role], **team)
    return found


@pytest.fixture
def urls(conflicting: Order, supply: FarEnd, httpserver: HTTPServer) -> dict[str, str]:
    connection: Connection = supply.connection
    field = Discrepancy.objects.open().filter(field__endswith=".quantity").get()
    report = Discrepancy.objects.create(
        connection=connection,
        kind=Discrepancy.Kind.STATUS,
        record_type="order",
        record_id=conflicting.pk,
        ours="1",
        theirs="2",
    )
    theirs = InboundMessage.objects.latest("id").body["data"]["order"]
    lines = [*theirs["lines"], their_line(item="ZZ-77", id="LOT-ZZ")]
    receive_from(supply, changed(theirs | {"sequence": 10_002, "lines": lines}))
    message = InboundMessage.objects.exclude(unmapped=[]).get()
    return {
        "see the order": f"/orders/{conflicting.pk}/",
        "see a field in conflict": f"/discrepancies/{field.pk}/",
        "decide the fields": f"/orders/{conflicting.pk}/conflicts/supply/",
        "compare now": f"/orders/{conflicting.pk}/compare/supply/",
        "see a message": f"/messages/{message.pk}/",
        "map it": f"/messages/{message.pk}/map/product/ZZ-77/",
        "apply again": f"/messages/{message.pk}/apply/",
        "set aside": f"/messages/{message.pk}/set-aside/",
        "decide a report": f"/discrepancies/{report.pk}/decide/",
        "see the connection": f"/connections/{connection.pk}/",
        "compare all now": f"/connections/{connection.pk}/reconcile/",
        "first load": f"/connections/{connection.pk}/load/",
    }


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_the_table_says(
    role: str, urls: dict[str, str], market: Market, client: Client
) -> None:
    client.force_login(person(role, market))

    answers = {
        name: client.post(url, follow=True).status_code
        if name in POSTED
        else client.get(url).status_code
        for name, url in urls.items()
    }

    assert answers == {name: row[ROLES.index(role)] for name, row in TABLE.items()}
