"""Page of a contact."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from crm.models import Contact, User
from web.display import Action, Actions, Fact, Link, joined
from web.pages.activity import activity_card
from web.pages.cards import Card
from web.pages.document_cards import opportunities_card
from web.pages.records import RecordPage, reach
from web.record_urls import record_url

OPPORTUNITIES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPage(RecordPage):
    """The page of a contact with its opportunities."""

    record: Contact
    opportunities: Card


def contact_page(contact: Contact, user: User) -> ContactPage:
    """Read and format everything that the page of a contact shows."""
    account = Link(str(contact.account), record_url(contact.account))
    opportunities = contact.opportunities.select_related("stage")[:OPPORTUNITIES]
    return ContactPage(
        record=contact,
        crumb=Link(gettext("Contacts"), reverse("crm:contact-list")),
        heading=str(contact),
        subtitle=joined(account),
        actions=Actions(_actions(contact, user)),
        opportunities=opportunities_card(opportunities),
        reach=reach(contact.email, contact.phone),
        facts=[
            Fact(gettext("Account"), account),
            Fact(gettext("Job title"), contact.job_title or "–"),
        ],
        activity=activity_card(contact, user),
    )


def _actions(contact: Contact, user: User) -> list[Action]:
    if not user.has_perm("crm.change_contact"):
        return []
    url = reverse("crm:contact-edit", args=[contact.pk])
    return [Action(gettext("Edit"), url, "pencil", asks=True)]
