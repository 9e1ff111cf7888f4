"""Page of an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from crm.models import Account, Contact, User
from sales.models import AccountTerms, CreditBalance, CustomerCreditEntry
from web.display import Action, Actions, Fact, Link
from web.pages.activity import activity_card
from web.pages.cards import Card, CardRow, person_mark
from web.pages.document_cards import documents_of_account, opportunities_card
from web.pages.payments import customer_credit_card, refund_credit_action
from web.pages.records import RecordPage, reach
from web.record_urls import record_url

RELATED = ("owner", "team")
"""What an account's page reads along with the account."""

CONTACTS = 50
OPPORTUNITIES = 20


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, line by line."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPage(RecordPage):
    """The page of an account with its opportunities and documents."""

    record: Account
    cards: Sequence[Card]
    addresses: Sequence[Address]
    contacts: Card


def account_page(account: Account, user: User) -> AccountPage:
    """Read and format everything that the page of an account shows."""
    opportunities = account.opportunities.select_related("stage")[:OPPORTUNITIES]
    place = (account.billing_city, account.billing_country.name)
    balances = list(CustomerCreditEntry.objects.balances(account))
    cards = (
        opportunities_card(opportunities),
        documents_of_account(account, user),
        customer_credit_card(account, user, balances),
    )
    return AccountPage(
        record=account,
        crumb=Link(gettext("Accounts"), reverse("crm:account-list")),
        heading=str(account),
        subtitle=", ".join(filter(None, place)),
        actions=Actions(_actions(account, user, balances)),
        cards=[card for card in cards if card is not None],
        reach=reach(account.email, account.phone),
        facts=[*_facts(account), *_terms(account)],
        addresses=[_bill_to(account), _ship_to(account)],
        contacts=_contacts(account),
        activity=activity_card(account, user),
    )


def _actions(account: Account, user: User, balances: Sequence[CreditBalance]) -> list[Action]:
    """List what the user may do with an account."""

    def new(kind: str) -> str:
        return f"{reverse(f'crm:{kind}-new')}?account={account.pk}"

    edit = reverse("crm:account-edit", args=[account.pk])
    actions = (
        ("crm.add_opportunity", gettext("New opportunity"), new("opportunity"), "target-arrow"),
        ("crm.add_contact", gettext("New contact"), new("contact"), "user-plus"),
        ("crm.change_account", gettext("Edit"), edit, "pencil"),
    )
    may_refund = user.has_perm("sales.refund_payment") and any(each.amount for each in balances)
    return [
        *(
            Action(label, url, icon, asks=True)
            for permission, label, url, icon in actions
            if user.has_perm(permission)
        ),
        *([refund_credit_action(account)] if may_refund else ()),
    ]


def _facts(account: Account) -> list[Fact]:
    """List the facts of a customer's page."""
    facts = [
        Fact(gettext("Kind"), account.get_kind_display()),
        Fact(gettext("Owner"), account.owner),
        Fact(gettext("Team"), account.team or "–"),
        Fact(gettext("VAT number"), account.tax_number),
        Fact(gettext("Domain"), account.domain),
    ]
    return [fact for fact in facts if fact.value]


def _terms(account: Account) -> list[Fact]:
    """List the terms an account buys on."""
    related = ("price_list", "payment_terms", "tax_zone")
    terms = AccountTerms.objects.filter(account=account).select_related(*related).first()
    if terms is None:
        return []
    facts = [
        Fact(gettext("Currency"), terms.currency),
        Fact(gettext("Price list"), terms.price_list),
        Fact(gettext("Payment terms"), terms.payment_terms),
        Fact(gettext("Tax zone"), terms.tax_zone),
    ]
    return [fact for fact in facts if fact.value]


def _bill_to(account: Account) -> Address:
    return Address(
        gettext("Bill to"),
        _address_lines(
            account.billing_street,
            f"{account.billing_postal_code} {account.billing_city}",
            account.billing_country.name,
        ),
    )


def _ship_to(account: Account) -> Address:
    title = gettext("Ship to")
    if not account.shipping_street:
        return Address(title, [gettext("Same as the billing address")])
    lines = _address_lines(
        account.shipping_street,
        f"{account.shipping_postal_code} {account.shipping_city}",
        account.shipping_country.name,
    )
    return Address(title, lines)


def _address_lines(street: str, place: str, country: str) -> list[str]:
    return [line for line in (street or "–", place.strip(), country) if line]


def _contacts(account: Account) -> Card:
    return Card(
        title=gettext("Contacts"),
        id="contacts",
        rows=[_contact_row(contact) for contact in account.contacts.all()[:CONTACTS]],
        empty=gettext("No contact yet."),
    )


def _contact_row(contact: Contact) -> CardRow:
    return CardRow(
        mark=person_mark(contact),
        title=str(contact),
        url=record_url(contact),
        detail=contact.job_title or contact.email,
    )
