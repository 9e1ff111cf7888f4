"""The admin: rights, errors beside the field, and a constant number of statements per list."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crm import roles
from crm.models import Account, Activity, CustomField, Lead, User
from crm.services.activities import note
from sales.models import (
    Company,
    DiscountBand,
    DiscountList,
    ExchangeRate,
    Invoice,
    Order,
    PaymentTerms,
    Product,
    TaxRate,
    Unit,
    UnitGroup,
)
from sales.pricing.due import DueRule
from sales.services.documents.drafts import draft_invoice
from sales.services.documents.lines import add_line
from tests.factories import (
    LeadFactory,
    Market,
    UserFactory,
)
from tests.sales.admin_pages import (
    BANDS,
    address,
    band,
    confirmed,
    pressed,
    problems,
    rows,
    sell,
    signed_in,
)
from tests.web.refusals import PRICE_UNITS

FRACTION = "A percentage is at most 10, which is 1000 %: enter 0.2 for 20 %."
MARGIN = "A margin is below 1, which is 100 %: enter 0.2 for 20 %."
MARKUP = "A markup cannot take off more than the cost: give −1, which is −100 %"

COMPANY = {
    "name": "Twin",
    "base_currency": "EUR",
    "time_zone": "Europe/Paris",
    "rounding": "half_up",
    "discount_method": "whole_line",
}
OURS = [model for model in admin.site._registry if model._meta.app_label in {"crm", "sales"}]


def test_every_model_has_its_pages(market: Market) -> None:
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


def test_the_admin_is_refused_to_reps_and_visitors(market: Market) -> None:
    client = Client()
    client.force_login(market.rep)  # a colleague, but not let into the admin

    assert client.get(address(Product)).status_code == 302
    assert Client().get(address(Product)).status_code == 302


def test_overlapping_bands_are_an_error_on_the_form(office: Client) -> None:
    data = {"name": "Volume", "kind": "percent", "is_active": "on"}

    response = office.post(
        address(DiscountList, "add"),
        {**data, **rows(BANDS, band("1", "10", "0.05"), band("10", "", "0.1"))},
    )

    assert problems(response) == [
        "The bands from 1 and from 10 overlap: end the first below the second."
    ]
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


def test_overlapping_tax_periods_are_an_error_on_the_form(market: Market, office: Client) -> None:
    data = {"category": market.tax_category.pk, "zone": market.zone.pk, "rate": "0.21"}

    overlapping = office.post(address(TaxRate, "add"), {**data, "valid_from": "2026-01-01"})
    backwards = office.post(
        address(TaxRate, "add"),
        {**data, "valid_from": "2026-02-01", "valid_to": "2026-01-01"},
    )

    assert problems(overlapping) == ["Another rate of this category and zone covers these days."]
    assert problems(backwards) == ["The last day is before the first day."]
    assert TaxRate.objects.count() == 1


def test_a_second_rate_for_a_day_is_an_error_on_the_form(office: Client) -> None:
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


def test_shares_of_instalments_sum_to_one(office: Client) -> None:
    due = {"due_months": "0", "due_days": "30"}
    data = {"name": "Thirds", "invoice_when": "by_hand", **due}
    thirds = [{"share_rate": "0.3", **due, "due_days": days} for days in (30, 60, 90)]

    response = office.post(address(PaymentTerms, "add"), {**data, **rows("instalments", *thirds)})

    assert problems(response) == ["The shares must make 1 together."]
    assert not PaymentTerms.objects.filter(name="Thirds").exists()


def test_terms_are_due_at_the_end_of_a_month(office: Client) -> None:
    due = {"due_months": "1", "due_days": "10", "end_of_month": "on"}
    halves = [{"share_rate": "0.5", **due}, {"share_rate": "0.5", **due, "due_months": "2"}]
    data = {"name": "Halves", "invoice_when": "by_hand", **due}

    office.post(address(PaymentTerms, "add"), {**data, **rows("instalments", *halves)})

    terms = PaymentTerms.objects.get(name="Halves")
    assert terms.due_rule == DueRule(days=10, months=1, end_of_month=True)
    assert [str(part) for part in terms.instalments.all()] == [
        "50% after 1 month and 10 days, end of month",
        "50% after 2 months and 10 days, end of month",
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "margin_current", "percentage_rate": "1"}, MARGIN),
        ({"method": "margin_standard", "percentage_rate": "20"}, MARGIN),
        ({"method": "percent_of_list", "percentage_rate": "20"}, FRACTION),
        ({"method": "markup_current", "percentage_rate": "10.000001"}, FRACTION),
        ({"method": "markup_standard", "percentage_rate": "20"}, FRACTION),
        (
            {"method": "percent_of_list", "percentage_rate": "-0.1"},
            "A percentage of the list price cannot be negative: give 0 or more, such as 0.9",
        ),
        ({"method": "markup_current", "percentage_rate": "-2"}, MARKUP),
        ({"method": "markup_standard", "percentage_rate": "-1.000001"}, MARKUP),
        ({"rounding": "up"}, "Rounding needs an amount above zero."),
        ({"amount": ""}, "Give the amount."),
        ({"method": "markup_current"}, "This method needs a percentage"),
        ({"price_quantity": "0"}, PRICE_UNITS),
        ({"price_quantity": "-100"}, PRICE_UNITS),
        ({"price_quantity": "1000001"}, PRICE_UNITS),
        ({"price_quantity": "0.000001"}, "Price quantity has at most 5 decimals: round it."),
        ({"price_quantity": "NaN"}, "Price quantity is not a number: enter one, such as 12.50."),
        ({"price_quantity": ""}, "Price quantity is empty: fill it in."),
    ],
)
def test_a_price_that_makes_no_sense_is_a_complaint_on_the_form(
    market: Market, office: Client, changes: dict[str, str], message: str
) -> None:
    product = market.product(None)
    item = {
        "product": product.pk,
        "unit": product.default_unit_id,
        "method": "amount",
        "amount": "9.99",
        "price_quantity": "100",
        "rounding": "none",
        "selling": "no_control",
        **changes,
    }

    response = office.post(
        address(type(market.price_list), "change", market.price_list.pk),
        {"name": "List", "currency": "EUR", "is_active": "on", **rows("items", item)},
    )

    [problem] = problems(response)
    assert problem.startswith(message)
    assert not market.price_list.items.exists()


def test_a_refusal_of_the_database_is_shown_as_a_sentence(market: Market, office: Client) -> None:
    Company.objects.exclude(pk=market.company.pk).delete()

    response = office.post(
        address(Company, "add"), {**COMPANY, "number_prefix": "", "is_default": "on"}
    )

    assert response.status_code == 200
    assert problems(response) == [
        "Another company has this prefix: its numbers would be the same.",
        "Another company is the default: take it from that one first.",
    ]
    assert Company.objects.count() == 1


def test_a_company_chooses_how_it_rounds_and_discounts(market: Market, office: Client) -> None:
    chosen = {"rounding": "half_even", "discount_method": "per_unit"}

    office.post(address(Company, "add"), {**COMPANY, "number_prefix": "NL-", **chosen})
    refused = office.post(
        address(Company, "add"),
        {
            **COMPANY,
            "name": "Else",
            "number_prefix": "BE-",
            "rounding": "up",
            "discount_method": "",
        },
    )

    company = Company.objects.get(number_prefix="NL-")
    assert (company.rounding, company.discounts_each_unit) == ("half_even", True)
    assert problems(refused) == [
        "Rounding has no choice “up”: choose one that is offered.",
        "Discount of a line is empty: choose one.",
    ]
    page = office.get(address(Company, "change", company.pk)).content.decode()
    assert "0.125 EUR is 0.13 half up and 0.12 half to even" in page
    assert "What an amount typed as the discount of a line counts for." in page


def test_a_free_invoice_is_issued_from_the_list(market: Market, office: Client) -> None:
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Repair")
    add_line(invoice, actor=market.rep, product=market.product("80.00"))

    page = office.post(address(Invoice), pressed("issue", invoice))
    office.post(address(Invoice), confirmed(page))

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
    assert problems(refused) == ["Rating is one of Gold, Silver, not “Tin”."]
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
