"""The admin: who may open it, and what each role finds there."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.models import Partner, Team, User
from demo.registration import register_connection
from sales.models import ApprovalRule
from tests.factories import AccountFactory, Market, TeamFactory, UserFactory
from tests.sales.admin_pages import address, sell
from tests.urls import NOBODY

make_roles = import_module("fulfilment.migrations.0003_roles").make_roles
SECRET = "whsec_b3V0Z29pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw=="

RECORDS = ("Account", "Contact", "CustomField", "Lead", "Opportunity", "Partner", "Stage")
"""Of crm: what stays once it was made."""
SET_UP = (
    "AccountTerms", "ApprovalRule", "Company", "DiscountList", "ExchangeRate", "PaymentTerms",
    "PriceList", "PriceListItem", "Product", "ProductCategory", "PromotionCode", "TaxCategory",
    "TaxRate", "TaxZone", "Unit", "UnitGroup",
)  # fmt: skip
WRITTEN_BY_US = (
    "Activity", "CustomerCreditEntry", "Discrepancy", "Handoff", "InboundMessage", "Invoice",
    "NumberSeries", "Order", "Payment", "SalesEvent", "Shipment",
)  # fmt: skip
PEOPLE = ("Team", "User")
OF_SUPERUSERS = ("EmailAddress", "Group")

Pages = frozenset[str]
NONE: Pages = frozenset()
LIST: Pages = frozenset({"list"})
ALL: Pages = frozenset({"list", "add", "change", "delete"})
BACK_OFFICE = {
    **dict.fromkeys((*RECORDS, "Connection", "Mapping"), ALL - {"delete"}),
    **dict.fromkeys(SET_UP, ALL),
    **dict.fromkeys((*WRITTEN_BY_US, "ApprovalRule", "Partner"), LIST),
    "Quote": LIST | {"change"},
    **dict.fromkeys((*PEOPLE, "Client", *OF_SUPERUSERS), NONE),
}
ADMINISTRATOR = BACK_OFFICE | dict.fromkeys(
    (*RECORDS, *PEOPLE, "ApprovalRule", "Client", "Mapping"), ALL
)
AUDITOR = dict.fromkeys(BACK_OFFICE, LIST) | dict.fromkeys(OF_SUPERUSERS, NONE)


def person(role: str, **fields: Any) -> tuple[User, Client]:
    user = UserFactory.create(role=role, **fields)
    client = Client()
    client.force_login(user)
    return user, client


def shown_in_index(client: Client) -> set[str]:
    apps = client.get("/admin/").context["app_list"]
    return {model["object_name"] for app in apps for model in app["models"]}


def allowed(client: Client, model: type[Any]) -> Pages:
    """Return which pages of a model open; records that do not exist are asked for too."""
    record = model._default_manager.first()
    pk = record.pk if record else NOBODY
    answers = {
        "list": client.get(address(model)),
        "add": client.get(address(model, "add")),
        "change": client.post(address(model, "change", pk)),
        "delete": client.get(address(model, "delete", pk)),
    }
    return frozenset(page for page, answer in answers.items() if answer.status_code != 403)


@pytest.mark.parametrize(
    ("role", "is_staff", "pages"),
    [
        (roles.BACK_OFFICE, False, BACK_OFFICE),
        (roles.ADMINISTRATOR, False, ADMINISTRATOR),
        (roles.AUDITOR, True, AUDITOR),
    ],
)
def test_opens_to_each_role_what_is_its_own(
    db: None, role: str, is_staff: bool, pages: dict[str, Pages]
) -> None:
    register_connection(
        "erp",
        name="ERP",
        url="http://127.0.0.1:1/hooks",
        event_types=["order.submitted"],
        secret_out=SECRET,
        secret_in=SECRET,
    )
    sell(Market(), 1)
    _, client = person(role, is_staff=is_staff)

    assert shown_in_index(client) == {name for name, open_pages in pages.items() if open_pages}
    found = {model.__name__: allowed(client, model) for model in admin.site._registry}
    assert found == pages


@pytest.mark.parametrize("role", [roles.SALES_REP, roles.SALES_MANAGER, roles.AUDITOR])
def test_stays_closed_to_the_other_roles(db: None, role: str) -> None:
    _, client = person(role)

    answers = [client.get(path, follow=True) for path in ("/admin/", address(User))]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert reverse("admin:index") not in client.get("/").content.decode()


def test_stays_closed_to_who_left(db: None) -> None:
    clerk, client = person(roles.BACK_OFFICE)
    User.objects.filter(pk=clerk.pk).update(is_active=False)

    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


@pytest.mark.parametrize("role", [roles.BACK_OFFICE, roles.ADMINISTRATOR])
def test_is_offered_in_the_menu_of_who_may_open_it(db: None, role: str) -> None:
    _, client = person(role)

    assert reverse("admin:index") in client.get("/").content.decode()


def test_sends_who_is_signed_in_from_its_sign_in_to_its_index(db: None) -> None:
    _, client = person(roles.BACK_OFFICE)

    answer = client.get(reverse("admin:login"))

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")


def test_lets_back_office_give_nobody_rights(db: None) -> None:
    clerk, client = person(roles.BACK_OFFICE)
    rights = [Group.objects.get(name=roles.ADMINISTRATOR).pk]
    typed = {"email": clerk.email, "groups": rights, "is_staff": "on", "is_superuser": "on"}
    more = {"permissions": [permission.pk for permission in Permission.objects.all()[:3]]}
    group = clerk.groups.get()
    held = set(group.permissions.all())

    answers = [
        client.post(address(User, "change", clerk.pk), typed),
        client.post(address(User, "add"), typed),
        client.post(address(Group, "change", group.pk), {"name": group.name, **more}),
        client.post(address(Group, "add"), {"name": "All", **more}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    clerk = User.objects.get(pk=clerk.pk)
    assert clerk.role_names == {roles.BACK_OFFICE}
    assert (clerk.is_superuser, clerk.is_staff) == (False, False)
    assert set(group.permissions.all()) == held
    assert User.objects.count() == 1
    assert Group.objects.count() == len(roles.ROLES)


def test_lets_back_office_reset_no_password(db: None) -> None:
    _, client = person(roles.BACK_OFFICE)
    rep = UserFactory.create()
    page = reverse("admin:auth_user_password_change", args=[rep.pk])
    typed = {"usable_password": "true", "password1": "tide-and-wind", "password2": "tide-and-wind"}

    answers = [client.get(page), client.post(page, typed)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert User.objects.get(pk=rep.pk).password == rep.password


def test_lets_back_office_set_no_discount_limit(db: None) -> None:
    _, client = person(roles.BACK_OFFICE)
    team = TeamFactory.create()
    rep = UserFactory.create(team=team)

    answers = [
        client.post(address(User, "change", rep.pk), {"discount_limit_rate": "1"}),
        client.post(address(Team, "change", team.pk), {"name": "x", "discount_limit_rate": "1"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert User.objects.get(pk=rep.pk).discount_limit_rate is None
    assert Team.objects.get(pk=team.pk).discount_limit_rate is None


def test_lets_back_office_decide_on_no_partner_and_no_approval(db: None) -> None:
    _, client = person(roles.BACK_OFFICE)
    partner = Partner.objects.create(name="Shop")
    rule = ApprovalRule.objects.create(
        name="Ten", measure="discount_rate", threshold=Decimal("0.1")
    )

    answers = [
        client.post(address(Partner, "change", partner.pk), {"discount_limit_rate": "0.9"}),
        client.get(address(Partner, "add")),
        client.post(address(ApprovalRule, "change", rule.pk), {"threshold": "0.9"}),
        client.get(address(ApprovalRule, "add")),
        client.post(address(ApprovalRule, "delete", rule.pk), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert client.get(address(Partner, "change", partner.pk)).status_code == 200
    assert Partner.objects.get().discount_limit_rate == 0
    assert ApprovalRule.objects.get().threshold == Decimal("0.1")


def test_a_role_keeps_the_rights_of_other_apps_when_its_rights_are_given_anew(db: None) -> None:
    administrators = Group.objects.get(name=roles.ADMINISTRATOR)
    held = set(administrators.permissions.all())

    make_roles(apps, None)

    assert set(administrators.permissions.all()) == held
    assert administrators.permissions.filter(content_type__app_label="api").count() == 4


def offered(client: Client, model: str, field: str, term: str = "") -> tuple[int, list[str]]:
    asked = {"app_label": "crm", "model_name": model, "field_name": field, "term": term}
    answer = client.get(reverse("admin:autocomplete"), asked)
    results = json.loads(answer.content)["results"] if answer.status_code == 200 else []
    return answer.status_code, [each["text"] for each in results]


def test_lets_back_office_choose_an_owner_without_reading_users(db: None) -> None:
    _, client = person(roles.BACK_OFFICE)
    rep = UserFactory.create(last_name="Quintrec", team=TeamFactory.create(name="Brest"))
    account = AccountFactory.create()
    page = address(type(account), "change", account.pk)

    assert client.get(page).status_code == 200
    assert offered(client, "account", "owner", "quintrec") == (200, [str(rep)])
    assert offered(client, "account", "team", "brest") == (200, ["Brest"])


def test_offers_nothing_for_a_field_that_one_may_not_fill_in(db: None) -> None:
    _, clerk = person(roles.BACK_OFFICE)
    _, rep = person(roles.SALES_REP)

    assert offered(clerk, "user", "groups") == (403, [])
    assert offered(clerk, "team", "parent") == (403, [])
    assert offered(rep, "account", "owner")[0] == 302
