"""The admin: everybody's limits, mistakes told beside the field, and no list that grows slow."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm import roles
from crm.models import Account, Activity, CustomField, Lead, Partner, User
from crm.services.activities import note
from sales.models import (
    AccountTerms,
    ApprovalRule,
    Company,
    DiscountBand,
    DiscountList,
    ExchangeRate,
    Invoice,
    Order,
    PaymentTerms,
    Product,
    PromotionCode,
    Quote,
    SalesEvent,
    TaxRate,
    Unit,
    UnitGroup,
)
from sales.services.billing import invoice_order
from sales.services.drafts import draft_invoice, draft_order, draft_quote
from sales.services.invoices import issue_invoice, record_payment
from sales.services.lines import add_line
from sales.services.orders import submit_order
from tests.factories import (
    AccountFactory,
    ContactFactory,
    LeadFactory,
    Market,
    OpportunityFactory,
    StageFactory,
    UserFactory,
)

OURS = [model for model in admin.site._registry if model._meta.app_label in {"crm", "sales"}]


def address(model: type[Any], page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def signed_in(role: str) -> Client:
    user = UserFactory.create(role=role)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def office(db: None) -> Client:
    """Somebody of the administrators."""
    return signed_in(roles.ADMINISTRATOR)


@pytest.fixture
def auditor(db: None) -> Client:
    """Somebody who may only look."""
    return signed_in(roles.AUDITOR)


def problems(response: Any) -> list[str]:
    """Every complaint on an admin page, wherever it stands."""
    assert response.status_code == 200, response.headers.get("Location")
    context = response.context
    found = [str(error) for errors in context["adminform"].form.errors.values() for error in errors]
    for inline in context["inline_admin_formsets"]:
        found += [str(error) for error in inline.formset.non_form_errors()]
        found += [str(e) for form in inline.formset.errors for es in form.values() for e in es]
    return found


def rows(prefix: str, *forms: dict[str, Any], stored: int = 0) -> dict[str, Any]:
    """Write the inputs of an inline formset."""
    data = {f"{prefix}-TOTAL_FORMS": len(forms), f"{prefix}-INITIAL_FORMS": stored}
    for number, form in enumerate(forms):
        data |= {f"{prefix}-{number}-{name}": value for name, value in form.items()}
    return data


def sell(market: Market, number: int) -> None:
    """Leave one of everything behind."""
    order = draft_order(actor=market.rep, account=market.account, name=f"Order {number}")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    submit_order(order.pk, actor=market.rep)
    invoice = invoice_order(order.pk, actor=market.rep, what="all")
    issue_invoice(invoice.pk, actor=market.rep)
    record_payment(
        invoice.pk, actor=market.rep, amount=Decimal(1), received_on=dt.date(2026, 11, 22)
    )
    draft_quote(actor=market.rep, account=market.account, name=f"Quote {number}")
    owner = UserFactory.create()
    account = AccountFactory.create(owner=owner)
    ContactFactory.create(account=account)
    OpportunityFactory.create(account=account, stage=StageFactory.create(position=100 + number))
    note(LeadFactory.create(owner=owner), "Called.", actor=owner)
    AccountTerms.objects.create(account=account, price_list=market.price_list)
    Partner.objects.create(name=f"Shop {number}", scopes=["orders:read"])
    PromotionCode.objects.create(
        code=f"P{number}", name=f"Code {number}", discount_rate=Decimal("0.1")
    )
    ExchangeRate.objects.create(
        currency="USD", valid_on=dt.date(2026, 1, 1) + dt.timedelta(number), rate=Decimal("1.1")
    )
    DiscountList.objects.create(name=f"Volume {number}")
    ApprovalRule.objects.create(name=f"Rule {number}", measure="total", threshold=Decimal(1))
    CustomField.objects.create(
        record_type="account", key=f"extra{number}", label=f"Extra {number}", kind="text"
    )


def test_every_record_of_the_house_has_its_pages(market: Market) -> None:
    assert {model.__name__ for model in OURS} >= {
        "Account", "AccountTerms", "Activity", "ApprovalRule", "Company", "Contact", "CustomField",
        "DiscountList", "ExchangeRate", "Invoice", "Lead", "NumberSeries", "Opportunity", "Order",
        "Partner", "Payment", "PaymentTerms", "PriceList", "PriceListItem", "Product",
        "ProductCategory", "PromotionCode", "Quote", "SalesEvent", "Stage", "TaxCategory",
        "TaxRate", "TaxZone", "Team", "Unit", "UnitGroup", "User",
    }  # fmt: skip


def test_lists_take_as_many_statements_however_long_they_are(
    market: Market, office: Client
) -> None:
    def statements() -> dict[str, int]:
        counted = {}
        for model in OURS:
            with CaptureQueriesContext(connection) as captured:
                response = office.get(address(model))
            assert response.status_code == 200
            counted[model.__name__] = len(captured)
        return counted

    sell(market, 1)
    sell(market, 2)
    few = statements()
    for number in range(3, 8):
        sell(market, number)

    assert statements() == few
    assert max(few.values()) <= 25


def test_everything_can_be_searched(market: Market, office: Client) -> None:
    sell(market, 1)

    for model in OURS:
        assert admin.site._registry[model].search_fields, model
        assert office.get(address(model), {"q": "number"}).status_code == 200, model


def test_every_record_opens(market: Market, office: Client, auditor: Client) -> None:
    sell(market, 1)

    for model in OURS:
        record = model._default_manager.first()
        if record is None:
            continue
        for client in (office, auditor):
            response = client.get(address(model, "change", record.pk))
            assert response.status_code == 200, (model, client)


def test_auditors_look_and_change_nothing(market: Market, auditor: Client) -> None:
    sell(market, 1)
    User.objects.filter(groups__name=roles.AUDITOR).first().groups.add(  # type: ignore[union-attr]  # the fixture made one
        *User.objects.filter(groups__name=roles.SALES_REP).first().groups.all()  # type: ignore[union-attr]  # the market's
    )
    product = Product.objects.first()
    order = Order.objects.first()
    assert product is not None
    assert order is not None

    for record in (product, order, market.account):
        page = address(type(record), "change", record.pk)
        assert auditor.post(page, {"name": "Stolen"}).status_code == 403
        assert auditor.post(address(type(record), "delete", record.pk)).status_code == 403
        assert auditor.get(address(type(record), "add")).status_code == 403
        record.refresh_from_db()
        assert record.name != "Stolen"


def test_reps_who_are_let_in_see_what_they_see_elsewhere(market: Market) -> None:
    rep = signed_in(roles.SALES_REP)
    theirs = LeadFactory.create()

    assert rep.get(address(Lead, "change", theirs.pk)).status_code == 302
    assert "Café" not in rep.get(address(Lead)).content.decode()


def test_strangers_stay_outside(market: Market) -> None:
    client = Client()
    client.force_login(market.rep)  # a colleague, but not let into the admin

    assert client.get(address(Product)).status_code == 302
    assert Client().get(address(Product)).status_code == 302


BANDS = "bands"


def band(low: str, high: str, rate: str, **more: Any) -> dict[str, Any]:
    return {"quantity_from": low, "quantity_to": high, "discount_rate": rate, **more}


def test_overlapping_bands_are_a_complaint_on_the_form(office: Client) -> None:
    data = {"name": "Volume", "kind": "percent", "is_active": "on"}

    response = office.post(
        address(DiscountList, "add"),
        {**data, **rows(BANDS, band("1", "10", "0.05"), band("10", "", "0.1"))},
    )

    assert problems(response) == ["The bands from 1 and 10 overlap."]
    assert not DiscountList.objects.exists()


def test_a_boundary_between_two_bands_can_move(office: Client) -> None:
    volume = DiscountList.objects.create(name="Volume")
    lower = DiscountBand.objects.create(
        discount_list=volume, quantity_from=1, quantity_to=10, discount_rate=Decimal("0.05")
    )
    upper = DiscountBand.objects.create(
        discount_list=volume, quantity_from=11, discount_rate=Decimal("0.1")
    )
    moved = rows(
        BANDS,
        band("1", "20", "0.05", id=lower.pk, discount_list=volume.pk),
        band("21", "", "0.1", id=upper.pk, discount_list=volume.pk),
        stored=2,
    )

    response = office.post(
        address(DiscountList, "change", volume.pk),
        {"name": "Volume", "kind": "percent", "is_active": "on", **moved},
    )

    assert response.status_code == 302, problems(response)
    assert list(volume.bands.values_list("quantity_from", "quantity_to")) == [(1, 20), (21, None)]


def test_bands_give_what_their_list_is_of(office: Client) -> None:
    data = {"name": "Volume", "kind": "amount", "currency": "EUR", "is_active": "on"}

    response = office.post(
        address(DiscountList, "add"), {**data, **rows(BANDS, band("1", "10", "0.05"))}
    )

    assert problems(response) == ["Each band of this list gives an amount."]


def test_overlapping_tax_periods_are_a_complaint_on_the_form(
    market: Market, office: Client
) -> None:
    data = {"category": market.tax_category.pk, "zone": market.zone.pk, "rate": "0.21"}

    overlapping = office.post(address(TaxRate, "add"), {**data, "valid_from": "2026-01-01"})
    backwards = office.post(
        address(TaxRate, "add"),
        {**data, "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
    )

    assert problems(overlapping) == ["Another rate of this category and zone covers these days."]
    assert problems(backwards) == ["It would end before it begins."]
    assert TaxRate.objects.count() == 1


def test_a_second_rate_for_a_day_is_a_complaint_on_the_form(office: Client) -> None:
    data = {
        "base": "EUR",
        "currency": "USD",
        "valid_on": "2026-11-20",
        "rate": "1.08",
        "source": "manual",
    }
    assert office.post(address(ExchangeRate, "add"), data).status_code == 302

    response = office.post(address(ExchangeRate, "add"), {**data, "rate": "1.09"})

    assert problems(response) == ["There is a rate of this currency for that day already."]
    assert ExchangeRate.objects.get().rate == Decimal("1.08")


def test_a_group_counts_in_exactly_one_base_unit(office: Client) -> None:
    units = ({"name": "pc", "factor": "1"}, {"name": "piece", "factor": "1"})

    response = office.post(address(UnitGroup, "add"), {"name": "Pieces", **rows("units", *units)})
    assert problems(response) == ["One unit, and only one, is the base with factor 1."]

    units[1]["factor"] = "12"
    office.post(address(UnitGroup, "add"), {"name": "Pieces", **rows("units", *units)})
    assert Unit.objects.filter(group__name="Pieces").count() == 2


def test_instalments_make_the_whole(office: Client) -> None:
    data = {"name": "Thirds", "invoice_when": "by_hand", "due_days": "30"}
    thirds = [{"share_rate": "0.3", "due_days": days} for days in (30, 60, 90)]

    response = office.post(address(PaymentTerms, "add"), {**data, **rows("instalments", *thirds)})

    assert problems(response) == ["The shares must make 1 together."]
    assert not PaymentTerms.objects.filter(name="Thirds").exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"method": "margin_current", "percentage_rate": "1"}, "A margin must stay below 1"),
        ({"rounding": "up"}, "Rounding needs an amount above zero."),
        ({"amount": ""}, "Give the amount."),
        ({"method": "markup_current"}, "This method needs a percentage"),
    ],
)
def test_a_price_that_makes_no_sense_is_a_complaint_on_the_form(
    market: Market, office: Client, changes: dict[str, str], told: str
) -> None:
    product = market.product(None)
    item = {
        "product": product.pk,
        "unit": product.default_unit_id,
        "method": "amount",
        "amount": "9.99",
        "rounding": "none",
        "selling": "no_control",
        **changes,
    }

    response = office.post(
        address(type(market.price_list), "change", market.price_list.pk),
        {"name": "List", "currency": "EUR", "is_active": "on", **rows("items", item)},
    )

    [problem] = problems(response)
    assert problem.startswith(told)
    assert not market.price_list.items.exists()


def test_what_only_the_database_can_refuse_is_told_in_words(market: Market, office: Client) -> None:
    Company.objects.exclude(pk=market.company.pk).delete()
    data = {"name": "Twin", "base_currency": "EUR", "time_zone": "Europe/Paris"}

    response = office.post(
        address(Company, "add"), {**data, "number_prefix": "", "is_default": "on"}
    )

    assert response.status_code == 200
    assert problems(response)
    assert Company.objects.count() == 1


def head(document: Quote | Order | Invoice, **changes: Any) -> dict[str, Any]:
    inlines = {"lines": 0, "promotions": 0, "changes": 0, "payments": 0}
    data: dict[str, Any] = {
        "name": document.name,
        "discount_rate": "0",
        "discount_amount": "0",
        "freight": "0",
        "price_list": document.price_list_id or "",
        "payment_terms": document.payment_terms_id or "",
        "tax_zone": document.tax_zone_id or "",
    }
    for prefix in inlines:
        data |= rows(prefix)
    return {**data, **changes}


def test_a_draft_is_edited_the_way_every_door_does(market: Market, office: Client) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    order.refresh_from_db()

    response = office.post(
        address(Order, "change", order.pk), head(order, name="Bar", discount_rate="0.1")
    )

    assert response.status_code == 302, problems(response)
    version = order.version
    order.refresh_from_db()
    assert (order.name, order.total, order.version) == ("Bar", 108, version + 1)
    event = SalesEvent.objects.get(subject_id=order.pk, subject_version=order.version)
    assert event.data == {"changed": ["discount_rate", "name"]}


def test_what_the_service_refuses_stands_beside_the_field(market: Market, office: Client) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    order.refresh_from_db()

    response = office.post(
        address(Order, "change", order.pk), head(order, discount_amount="100.01")
    )

    assert response.context["adminform"].form.errors == {
        "discount_amount": ["The discount of 100.01 is more than the lines' 100.00."]
    }
    before = (order.version, order.total)
    order.refresh_from_db()
    assert (order.version, order.total) == before


def test_issued_documents_are_only_looked_at(market: Market, office: Client) -> None:
    sell(market, 1)
    order, invoice = Order.objects.get(), Invoice.objects.get()

    for document in (order, invoice):
        page = address(type(document), "change", document.pk)
        assert office.get(page).status_code == 200
        assert office.post(page, head(document, name="Other")).status_code == 403
        assert office.post(address(type(document), "delete", document.pk)).status_code == 403
        document.refresh_from_db()
        assert document.name != "Other"


def test_verbs_are_the_same_deeds_and_each_refusal_is_told(market: Market, office: Client) -> None:
    ready = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(ready, actor=market.rep, product=market.product("100.00"))
    empty = draft_order(actor=market.rep, account=market.account, name="Nothing yet")

    response = office.post(
        address(Order),
        {"action": "submit", "_selected_action": [ready.pk, empty.pk]},
        follow=True,
    )

    ready.refresh_from_db()
    empty.refresh_from_db()
    assert (ready.status, empty.status) == ("submitted", "draft")
    assert sorted(str(message) for message in response.context["messages"]) == [
        "Draft order: There is nothing on this document yet: add a line first.",
        f"{ready.number} is submitted.",
    ]


def test_auditors_have_no_verbs(market: Market, auditor: Client) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))

    auditor.post(address(Order), {"action": "submit", "_selected_action": [order.pk]})

    order.refresh_from_db()
    assert order.status == "draft"


def test_a_draft_invoice_is_thrown_away_and_its_quantities_are_free_again(
    market: Market, office: Client
) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    submit_order(order.pk, actor=market.rep)
    invoice = invoice_order(order.pk, actor=market.rep, what="all")

    office.post(address(Invoice, "delete", invoice.pk), {"post": "yes"})

    assert not Invoice.objects.exists()
    assert order.lines.get().open_to_bill == 1


def test_a_free_invoice_is_issued_from_the_list(market: Market, office: Client) -> None:
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Repair")
    add_line(invoice, actor=market.rep, product=market.product("80.00"))

    office.post(address(Invoice), {"action": "issue", "_selected_action": [invoice.pk]})

    invoice.refresh_from_db()
    assert (invoice.status, invoice.total) == ("issued", 96)


def test_custom_fields_are_defined_checked_shown_and_asked_for(
    market: Market, office: Client
) -> None:
    definition = {
        "record_type": "account",
        "key": "rating",
        "label": "Rating",
        "kind": "choice",
        "choices": "Gold\nSilver\n",
        "default": "Tin",
        "position": "0",
        "show_in_list": "on",
        "is_active": "on",
    }
    refused = office.post(address(CustomField, "add"), definition)
    assert problems(refused) == ["Rating: 'Tin' is not one of Gold, Silver."]
    office.post(address(CustomField, "add"), {**definition, "default": "Silver"})
    assert CustomField.objects.get().choices == ["Gold", "Silver"]

    page = address(Account, "change", market.account.pk)
    form = office.get(page).context["adminform"].form
    data = {name: form[name].value() or "" for name in form.fields}
    response = office.post(page, {**data, "custom_rating": "Gold", **rows("contacts")})

    assert response.status_code == 302, problems(response)
    market.account.refresh_from_db()
    assert market.account.custom == {"rating": "Gold"}
    listed = office.get(address(Account)).content.decode()
    assert "Rating" in listed
    assert "Gold" in listed


def test_a_custom_field_with_values_is_not_deleted(market: Market, office: Client) -> None:
    rating = CustomField.objects.create(
        record_type="account", key="rating", label="Rating", kind="text"
    )
    Account.objects.filter(pk=market.account.pk).update(custom={"rating": "Gold"})

    assert office.post(address(CustomField, "delete", rating.pk)).status_code == 403

    assert CustomField.objects.exists()


def test_nobody_but_superusers_makes_superusers(office: Client) -> None:
    colleague = UserFactory.create()
    boss = User.objects.create_superuser("boss@throughline.example", "x")
    page = address(User, "change", colleague.pk)
    form = office.get(page).context["adminform"].form

    assert "is_superuser" not in form.fields
    assert "user_permissions" not in form.fields
    assert (
        office.post(address(User, "change", boss.pk), {"email": "me@x.example"}).status_code == 403
    )


def test_activities_are_written_on_their_records_pages(market: Market, office: Client) -> None:
    note(market.account, "Called.", actor=market.rep)

    assert office.get(address(Activity, "add")).status_code == 403
    assert office.get(address(Activity)).status_code == 200
