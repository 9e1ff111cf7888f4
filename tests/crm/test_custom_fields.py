"""Custom fields: checked in one place, for forms, admin and API alike."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from moneyed import Money

from common.errors import DomainError, NotEditable, SeveralErrors
from crm.custom_fields import (
    UnknownCustomField,
    carry_custom,
    check_definition,
    clean_custom,
    definitions_of,
    for_handoff,
    having,
)
from crm.custom_values import InvalidCustomValue, format_custom_value
from crm.models import Account, CustomField
from fulfilment.payloads import order_payload
from sales.models import Order, SalesEvent
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import change_head, draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import AccountFactory, Market
from web.filters.customers import AccountFilter
from web.forms.accounts import AccountForm
from web.forms.documents import OrderHeadForm

Kind = CustomField.Kind

pytestmark = pytest.mark.django_db


@pytest.fixture
def market(db: None) -> Market:
    """A company, an account and a price list in euros."""
    return Market()


def field(
    key: str, kind: str = Kind.TEXT, record_type: str = "account", **more: Any
) -> CustomField:
    """Define a custom field; its label is its key."""
    given = {"label": key.capitalize(), **more}
    return CustomField.objects.create(key=key, kind=kind, record_type=record_type, **given)


WORDS = ["Gold", "Silver", "Bronze"]


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (Kind.TEXT, "  by the sea ", "by the sea"),
        (Kind.NUMBER, Decimal("12.500"), "12.5"),
        (Kind.NUMBER, 1200, "1200"),
        (Kind.NUMBER, "-0.0", "0"),
        (Kind.MONEY, {"amount": "19.9", "currency": "EUR"}, {"amount": "19.90", "currency": "EUR"}),
        (Kind.MONEY, Money("1500", "JPY"), {"amount": "1500", "currency": "JPY"}),
        (Kind.MONEY, {"amount": 1, "currency": "KWD"}, {"amount": "1.000", "currency": "KWD"}),
        (Kind.DATE, dt.date(2026, 11, 22), "2026-11-22"),
        (Kind.DATE, "2026-11-22", "2026-11-22"),
        (Kind.YES_NO, False, False),
        (Kind.CHOICE, "Gold", "Gold"),
        (Kind.CHOICES, ["Bronze", "Gold", "Gold"], ["Gold", "Bronze"]),
        (Kind.LINK, "https://lavoisier.example/menu", "https://lavoisier.example/menu"),
    ],
)
def test_keeps_each_kind_in_one_form(kind: str, given: object, kept: object) -> None:
    field("extra", kind, choices=WORDS if "choice" in kind else [])

    assert clean_custom(Account, {"extra": given}) == {"extra": kept}


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (Kind.TEXT, 5, "Extra must be text."),
        (Kind.TEXT, "a\x00b", "Extra must be plain text, without control characters."),
        (Kind.TEXT, "x" * 2001, "Extra has at most 2000 characters."),
        (Kind.NUMBER, "many", "Extra must be a number, not “many”."),
        (Kind.NUMBER, "1_0", "Extra must be a number, not “1_0”."),
        (Kind.NUMBER, True, "Extra must be a number."),
        (Kind.NUMBER, 0.1, "Extra must be a number."),
        (Kind.NUMBER, "Infinity", "Extra must be a number with at most 15 digits."),
        (Kind.NUMBER, "0.000001", "Extra has at most 5 decimals."),
        (Kind.MONEY, "19.90", "Extra needs an amount and a currency."),
        (Kind.MONEY, {"amount": "1", "currency": "XXL"}, "Extra: “XXL” is not a currency."),
        (
            Kind.MONEY,
            {"amount": "0.5", "currency": "JPY"},
            "Extra: Amounts in JPY have no decimals.",
        ),
        (
            Kind.DATE,
            "0001-01-01",
            "Extra is a date between 1900 and 2199: correct the year.",
        ),
        (Kind.DATE, "22.11.2026", "Extra must be a day like 2026-11-22, not “22.11.2026”."),
        (Kind.YES_NO, "yes", "Extra must be yes or no."),
        (Kind.CHOICE, "Tin", "Extra is one of Gold, Silver, Bronze, not “Tin”."),
        (Kind.CHOICES, "Gold", "Extra must be a list of choices."),
        (Kind.CHOICES, ["Gold", "Tin"], "Extra is one of Gold, Silver, Bronze, not “Tin”."),
        (
            Kind.LINK,
            "javascript:alert(1)",
            "Extra must be a web address, not “javascript:alert(1)”.",
        ),
    ],
)
def test_refuses_what_is_not_of_its_kind(kind: str, given: object, message: str) -> None:
    field("extra", kind, choices=WORDS if "choice" in kind else [])

    with pytest.raises(InvalidCustomValue) as refusal:
        clean_custom(Account, {"extra": given})

    assert (refusal.value.code, refusal.value.field) == ("invalid_custom_value", "custom_extra")
    assert str(refusal.value) == message


def test_refuses_keys_that_nobody_defined_for_this_kind_of_record() -> None:
    field("colour", record_type="contact")
    field("old", is_active=False)

    for key in ("colour", "old", "anything"):
        with pytest.raises(UnknownCustomField) as refusal:
            clean_custom(Account, {key: "x"})
        assert refusal.value.field == f"custom_{key}"


def test_a_new_record_gets_the_defaults_and_a_change_touches_only_what_is_given() -> None:
    field("rating", Kind.CHOICE, choices=WORDS, default="Silver")
    field("seats", Kind.NUMBER)

    new = clean_custom(Account, {"seats": 40})
    assert new == {"rating": "Silver", "seats": "40"}
    assert clean_custom(Account, {"seats": 41}, stored=new) == {"rating": "Silver", "seats": "41"}
    assert clean_custom(Account, {"rating": None}, stored=new) == {"seats": "40"}
    assert clean_custom(Account, {}, stored={}) == {}


def test_names_everything_that_is_wrong_at_once() -> None:
    field("seats", Kind.NUMBER)
    field("vat_checked", Kind.YES_NO, is_required=True)

    with pytest.raises(SeveralErrors) as refusal:
        clean_custom(Account, {"seats": "many", "x": 1}, complete=True)

    assert [(error.code, error.field) for error in refusal.value.errors] == [
        ("invalid_custom_value", "custom_seats"),
        ("unknown_custom_field", "custom_x"),
        ("missing_custom_field", "custom_vat_checked"),
    ]


def test_a_value_whose_word_is_gone_from_the_list_stays_until_it_is_changed() -> None:
    rating = field("rating", Kind.CHOICE, choices=WORDS)
    stored = clean_custom(Account, {"rating": "Gold"})
    rating.choices = ["Silver"]
    rating.save()

    assert clean_custom(Account, {"rating": "Gold"}, stored=stored) == {"rating": "Gold"}
    with pytest.raises(InvalidCustomValue):
        clean_custom(Account, {"rating": "Bronze"}, stored=stored)


@pytest.mark.parametrize(
    ("kind", "kept", "given", "other"),
    [
        (Kind.TEXT, "By the sea", "the SEA", "mountain"),
        (Kind.NUMBER, "12.5", "12.50", "12"),
        (Kind.MONEY, {"amount": "5.00", "currency": "EUR"}, Money(5, "EUR"), Money(5, "USD")),
        (Kind.DATE, "2026-11-22", dt.date(2026, 11, 22), "2026-11-23"),
        (Kind.YES_NO, True, True, False),
        (Kind.CHOICE, "Gold", "Gold", "Silver"),
        (Kind.CHOICES, ["Gold", "Bronze"], "Bronze", "Silver"),
    ],
)
def test_records_are_found_by_their_values(
    kind: str, kept: object, given: object, other: object
) -> None:
    extra = field("extra", kind, choices=WORDS if "choice" in kind else [])
    account = AccountFactory.create(custom={"extra": kept})
    AccountFactory.create()

    assert list(Account.objects.filter(having(extra, given))) == [account]
    assert not Account.objects.filter(having(extra, other)).exists()


def test_exact_values_are_found_through_the_index() -> None:
    extra = field("extra", Kind.NUMBER)
    query = Account.objects.filter(having(extra, 7)).order_by()

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "account_custom" in query.explain()


def test_a_list_is_narrowed_down_by_the_fields_it_shows() -> None:
    field("rating", Kind.CHOICE, choices=WORDS, show_in_list=True)
    field("checked", Kind.YES_NO, show_in_list=True)
    field("secret", show_in_list=False)
    gold = AccountFactory.create(custom={"rating": "Gold", "checked": False})
    AccountFactory.create(custom={"rating": "Silver", "checked": True})

    def found(**asked: str) -> list[Account]:
        return list(AccountFilter(asked, queryset=Account.objects.all()).qs)

    assert found(custom_rating="Gold") == [gold]
    assert found(custom_checked="false") == [gold]
    assert len(found(custom_rating="")) == 2
    assert "custom_secret" not in AccountFilter({}, queryset=Account.objects.all()).form.fields


def test_a_form_asks_for_the_fields_and_keeps_them() -> None:
    field("rating", Kind.CHOICE, choices=WORDS, is_required=True, help_text="Ask the manager.")
    field("budget", Kind.MONEY)
    field("checked", Kind.YES_NO)
    field("tags", Kind.CHOICES, choices=WORDS)
    account = AccountFactory.create(custom={"rating": "Silver"})
    form = AccountForm(instance=account)
    assert form.fields["custom_rating"].help_text == "Ask the manager."
    typed = {name: form[name].value() or "" for name in form.fields if "custom" not in name}

    form = AccountForm(
        {
            **typed,
            "custom_rating": "Gold",
            "custom_budget_0": "2500",
            "custom_budget_1": "eur",
            "custom_checked": "false",
            "custom_tags": ["Bronze", "Gold"],
        },
        instance=account,
    )
    assert form.is_valid(), form.errors
    assert form.changed_data == ["custom"]
    form.save()

    account.refresh_from_db()
    assert account.custom == {
        "rating": "Gold",
        "budget": {"amount": "2500.00", "currency": "EUR"},
        "checked": False,
        "tags": ["Gold", "Bronze"],
    }


def test_a_form_puts_each_complaint_beside_its_field() -> None:
    field("rating", Kind.CHOICE, choices=WORDS, is_required=True)
    field("budget", Kind.MONEY)
    account = AccountFactory.create(custom={"rating": "Silver"})
    typed = {name: AccountForm(instance=account)[name].value() or "" for name in ("name", "kind")}

    form = AccountForm(
        {**typed, "owner": account.owner_id, "custom_budget_0": "0.5", "custom_budget_1": "JPY"},
        instance=account,
    )

    assert not form.is_valid()
    assert form.errors["custom_rating"] == ["Rating is empty: choose one."]
    form = AccountForm(
        {
            **typed,
            "owner": account.owner_id,
            "custom_rating": "Gold",
            "custom_budget_0": "0.5",
            "custom_budget_1": "JPY",
        },
        instance=account,
    )
    assert form.errors == {"custom_budget": ["Budget: Amounts in JPY have no decimals."]}
    account.refresh_from_db()
    assert account.custom == {"rating": "Silver"}


def test_the_head_of_a_draft_is_changed_field_by_field(market: Market) -> None:
    field("dock", record_type="order")
    field("priority", Kind.NUMBER, record_type="order", default="3")
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    assert order.custom == {"priority": "3"}

    order = change_head(order, actor=market.rep, custom={"dock": " B 7 "})
    assert order.custom == {"priority": "3", "dock": "B 7"}

    events = SalesEvent.objects.count()
    with pytest.raises(InvalidCustomValue):
        change_head(order, actor=market.rep, custom={"priority": "high"})
    order.refresh_from_db()
    assert order.custom == {"priority": "3", "dock": "B 7"}
    assert SalesEvent.objects.count() == events


def test_a_draft_may_lack_what_is_required_until_it_is_issued(market: Market) -> None:
    field("dock", record_type="order", is_required=True)
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    assert OrderHeadForm(instance=order, user=market.rep).fields["custom_dock"].required is False

    with pytest.raises(DomainError, match="Dock is required") as refusal:
        submit_order(order.pk, actor=market.rep)
    assert (refusal.value.code, refusal.value.field) == ("missing_custom_field", "custom_dock")
    order.refresh_from_db()
    assert order.number is None

    change_head(order, actor=market.rep, custom={"dock": "B 7"})
    assert submit_order(order.pk, actor=market.rep).number


def test_an_order_takes_over_what_it_too_has_a_field_for(market: Market) -> None:
    field("project", record_type="quote")
    field("project", record_type="order")
    field("tone", record_type="quote")
    field("dock", record_type="order", default="B 7")
    quote = draft_quote(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        custom={"project": "Harbour", "tone": "keen"},
    )
    add_line(quote, actor=market.rep, product=market.product("100.00"))
    activate_quote(quote.pk, actor=market.rep)

    order = accept_quote(quote.pk, actor=market.rep)

    assert order.custom == {"project": "Harbour", "dock": "B 7"}
    assert carry_custom({"project": 7}, Order) == {"dock": "B 7"}


def test_a_change_order_checks_custom_values_too(market: Market) -> None:
    field("dock", record_type="order")
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    order = submit_order(order.pk, actor=market.rep)

    with pytest.raises(UnknownCustomField):
        change_order(order.pk, Changes(head={"custom": {"gate": "1"}}), actor=market.rep)
    change_order(order.pk, Changes(head={"custom": {"dock": "B 7"}}), actor=market.rep)

    order.refresh_from_db()
    assert order.custom == {"dock": "B 7"}


def test_sends_external_systems_only_fields_marked_for_them() -> None:
    field("dock")
    field("note", send_in_handoffs=False)
    account = AccountFactory.create(custom={"dock": "B 7", "note": "Pays late"})

    assert for_handoff(account) == {"dock": "B 7"}


def test_values_are_written_as_readers_write_them() -> None:
    field("budget", Kind.MONEY, position=1)
    field("since", Kind.DATE, position=2)
    field("checked", Kind.YES_NO, position=3)
    field("tags", Kind.CHOICES, choices=WORDS, position=4)
    account = AccountFactory.create(
        custom={
            "budget": {"amount": "2500.00", "currency": "EUR"},
            "since": "2026-11-22",
            "checked": True,
            "tags": ["Gold", "Bronze"],
        }
    )
    definitions = definitions_of(account)

    assert [format_custom_value(each, account.custom[each.key]) for each in definitions] == [
        "€2,500.00",
        "22 Nov 2026",
        "Yes",
        "Gold, Bronze",
    ]


@pytest.mark.parametrize(
    ("changes", "on", "code", "message"),
    [
        ({"kind": Kind.CHOICE}, "choices", "missing_field", "List at least one choice."),
        (
            {"kind": Kind.CHOICE, "choices": ["a", "a"]},
            "choices",
            "duplicate",
            "Each choice is listed once.",
        ),
        (
            {"choices": ["a"]},
            "choices",
            "unexpected_choices",
            "Only fields of the kinds choice and choices have a list of choices.",
        ),
        (
            {"kind": Kind.NUMBER, "default": "x"},
            "default",
            "invalid_custom_value",
            "Extra must be a number, not “x”.",
        ),
    ],
)
def test_refuses_a_definition_that_contradicts_itself(
    changes: dict[str, Any], on: str, code: str, message: str
) -> None:
    definition = CustomField(record_type="account", key="extra", label="Extra", kind=Kind.TEXT)
    for name, value in changes.items():
        setattr(definition, name, value)

    with pytest.raises(DomainError) as refusal:
        check_definition(definition)

    assert (refusal.value.code, refusal.value.field) == (code, on)
    assert str(refusal.value) == message


def test_refuses_to_change_the_kind_of_a_field_that_has_values() -> None:
    extra = field("extra")
    extra.kind = Kind.NUMBER
    check_definition(extra)
    AccountFactory.create(custom={"extra": "by the sea"})

    with pytest.raises(NotEditable, match="switch it off and add another"):
        check_definition(extra)


def test_a_handoff_carries_only_what_may_be_sent(market: Market) -> None:
    field("dock", record_type="order")
    field("margin", record_type="order", send_in_handoffs=False)
    order = draft_order(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        custom={"dock": "B 7", "margin": "thin"},
    )

    assert order_payload(order)["order"]["custom"] == {"dock": "B 7"}
