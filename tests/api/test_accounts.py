"""Accounts, contacts and price lists of partners: created, changed, found again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from api.models import ExternalId
from crm.models import Account, Contact
from sales.models import AccountTerms, PriceList
from tests.api.partner_client import PartnerHttp, partner_with
from tests.factories import AccountFactory, ContactFactory, Market

pytestmark = pytest.mark.django_db
LAVOISIER = {
    "name": "Brasserie Lavoisier S.A.S.",
    "phone": "+33 2 40 20 10 10",
    "billing_address": {"street": "14 quai de la Fosse", "city": "Nantes", "country": "FR"},
}


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    return PartnerHttp(partner_with(market.account, account_owner=market.rep))


class TestAccounts:
    def test_are_created_for_the_partner_and_its_person_here(
        self, market: Market, http: PartnerHttp
    ) -> None:
        created = http.post("/accounts", LAVOISIER)

        body = created.json()
        assert created.status_code == 201, created.content
        assert (created["ETag"], created["Location"]) == ('"1"', f"/api/v1/accounts/{body['id']}")
        assert body["phone"] == "+33240201010"
        assert body["billing_address"] == {
            "street": "14 quai de la Fosse",
            "postal_code": "",
            "city": "Nantes",
            "country": "FR",
        }
        stored = Account.objects.get(pk=body["id"])
        assert (stored.owner, stored.team) == (market.rep, market.rep.team)
        assert http.get(f"/accounts/{stored.pk}").json() == body

    def test_need_a_person_who_owns_them(self, market: Market) -> None:
        http = PartnerHttp(partner_with(market.account))

        answer = http.post("/accounts", LAVOISIER)

        assert (answer.status_code, answer.json()["code"]) == (422, "not_set_up")
        assert Account.objects.count() == 1

    def test_are_made_once_for_a_key(self, http: PartnerHttp) -> None:
        answers = [http.post("/accounts", LAVOISIER, Idempotency_Key="one") for _ in range(2)]

        assert answers[0].content == answers[1].content
        assert Account.objects.filter(name=LAVOISIER["name"]).count() == 1

    def test_keep_the_fields_that_are_not_sent(self, market: Market, http: PartnerHttp) -> None:
        path = f"/accounts/{market.account.pk}"
        read = http.get(path)

        changed = http.send("patch", path, {"tax_number": "FR12"}, If_Match=read["ETag"])

        assert changed.status_code == 200, changed.content
        assert changed["ETag"] == f'"{read.json()["version"] + 1}"'
        differing = {name for name, value in changed.json().items() if value != read.json()[name]}
        assert differing == {"tax_number", "version", "updated_at"}

    def test_try_out_and_keep_nothing(self, http: PartnerHttp) -> None:
        tried = http.post("/accounts?dry_run=true", LAVOISIER)

        assert (tried.status_code, tried.json()["result"]["name"]) == (200, LAVOISIER["name"])
        assert Account.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "pointer", "code"),
        [
            ({"name": ""}, "/name", "blank"),
            ({"owner": "x"}, "/owner", "unknown_field"),
            ({"phone": "12"}, "/phone", "no_number"),
            ({"email": "x"}, "/email", "invalid"),
            ({"billing_address": {"country": "XX"}}, "/billing_address/country", "unknown"),
            ({"billing_address": {"zip": "1"}}, "/billing_address/zip", "unknown_field"),
        ],
    )
    def test_point_to_what_is_wrong(
        self, http: PartnerHttp, change: dict[str, Any], pointer: str, code: str
    ) -> None:
        answer = http.post("/accounts", {**LAVOISIER, **change})

        assert answer.status_code == 400, answer.content
        errors = answer.json()["errors"]
        assert [(one["pointer"], one["code"]) for one in errors] == [(pointer, code)]


class TestExternalIds:
    path = "/accounts/by-external-id/erp/C-1001"

    def test_create_once_and_then_change(self, http: PartnerHttp) -> None:
        created = http.send("put", self.path, LAVOISIER)
        changed = http.send("put", self.path, {"name": "Lavoisier"})

        assert (created.status_code, changed.status_code) == (201, 200)
        assert changed.json()["id"] == created.json()["id"]
        assert changed.json()["name"] == "Lavoisier"
        assert changed.json()["phone"] == created.json()["phone"]
        assert changed.json()["external_refs"] == [{"system": "erp", "id": "C-1001"}]
        assert ExternalId.objects.count() == 1

    def test_compare_the_version_that_is_named(self, http: PartnerHttp) -> None:
        http.send("put", self.path, LAVOISIER)

        stale = http.send("put", self.path, {"name": "Lavoisier"}, If_Match='"7"')

        assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")

    def test_are_those_of_one_partner(self, market: Market, http: PartnerHttp) -> None:
        other = PartnerHttp(partner_with(name="Other", account_owner=market.rep))

        answers = [each.send("put", self.path, LAVOISIER) for each in (http, other)]

        assert [each.status_code for each in answers] == [201, 201]
        assert answers[0].json()["id"] != answers[1].json()["id"]

    def test_name_nothing_that_is_not_granted_any_more(self, http: PartnerHttp) -> None:
        created = http.send("put", self.path, LAVOISIER).json()
        http.partner.accounts.remove(created["id"])

        assert http.send("put", self.path, LAVOISIER).status_code == 404


@pytest.mark.parametrize("resource", ["accounts", "contacts"])
def test_needs_the_version_that_was_read(market: Market, http: PartnerHttp, resource: str) -> None:
    contact = ContactFactory.create(account=market.account)
    path = f"/{resource}/{market.account.pk if resource == 'accounts' else contact.pk}"

    missing = http.send("patch", path, {"email": "a@b.example"})
    stale = http.send("patch", path, {"email": "a@b.example"}, If_Match='"99"')

    assert [missing.status_code, stale.status_code] == [428, 412]
    assert http.get(path).json()["email"] == ""


@pytest.mark.parametrize("resource", ["accounts", "contacts"])
def test_changes_nothing_of_another_account(market: Market, resource: str) -> None:
    contact = ContactFactory.create(account=market.account)
    stranger = PartnerHttp(partner_with(AccountFactory.create()))
    path = f"/{resource}/{market.account.pk if resource == 'accounts' else contact.pk}"

    assert stranger.send("patch", path, {"email": "a@b.example"}, If_Match="*").status_code == 404


def test_creates_and_changes_contacts(market: Market, http: PartnerHttp) -> None:
    body = {"account": str(market.account.pk), "last_name": "Garnier", "email": "e@g.example"}

    created = http.post("/contacts", body)
    path = f"/contacts/{created.json()['id']}"
    changed = http.send("patch", path, {"job_title": "Chef"}, If_Match=created["ETag"])

    assert (created.status_code, changed.status_code) == (201, 200)
    assert changed.json()["version"] == 2
    stored = Contact.objects.get()
    assert (stored.last_name, stored.email, stored.job_title) == ("Garnier", "e@g.example", "Chef")
    assert [
        each["id"] for each in http.get("/contacts", email="e@g.example").json()["results"]
    ] == [str(stored.pk)]


def test_moves_no_contact_to_an_account_that_is_not_granted(
    market: Market, http: PartnerHttp
) -> None:
    contact = ContactFactory.create(account=market.account)
    foreign = {"account": str(AccountFactory.create().pk)}

    moved = http.send("patch", f"/contacts/{contact.pk}", foreign, If_Match="*")
    created = http.post("/contacts", {**foreign, "last_name": "Garnier"})

    assert [each.status_code for each in (moved, created)] == [400, 400]
    assert Contact.objects.get().account == market.account


class TestPriceLists:
    def test_say_what_products_cost(self, market: Market, http: PartnerHttp) -> None:
        product = market.product("19.99", sku="MUG")
        price_list = PriceList.objects.get()

        found = http.get(f"/price-lists/{price_list.pk}").json()

        assert found["currency"] == "EUR"
        assert found["prices"] == [
            {
                "product": str(product.pk),
                "sku": "MUG",
                "unit": str(product.default_unit_id),
                "unit_price": {"amount": "19.99", "currency": "EUR"},
                "price_quantity": "1",
            }
        ]

    def test_are_hidden_where_only_another_account_buys_by_them(
        self, market: Market, http: PartnerHttp
    ) -> None:
        special = PriceList.objects.create(name="Special", currency="EUR")
        AccountTerms.objects.create(
            account=AccountFactory.create(), currency="EUR", price_list=special
        )

        shown = http.get("/price-lists").json()["results"]

        assert [each["name"] for each in shown] == [
            each.name for each in PriceList.objects.exclude(pk=special.pk)
        ]
        assert http.get(f"/price-lists/{special.pk}").status_code == 404

    def test_are_read_in_a_constant_number_of_statements(
        self, market: Market, http: PartnerHttp, django_assert_num_queries: Any
    ) -> None:
        for number in range(4):
            market.product(str(Decimal(number + 1)), sku=f"P-{number}")
        price_list = PriceList.objects.get()

        with django_assert_num_queries(5):
            assert len(http.get(f"/price-lists/{price_list.pk}").json()["prices"]) == 4
