"""Leads: contact, qualify, disqualify, reopen, and find duplicates."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import DomainError, MissingField, NotSetUp
from common.sentences import sentence as _
from crm.actors import Actor
from crm.models import Account, Contact, Lead, Opportunity, Stage, User, normalise_name
from crm.services.activities import note

FREE_MAIL = frozenset(
    {"gmail.com", "googlemail.com", "hotmail.com", "icloud.com", "outlook.com", "yahoo.com"}
)
"""Mail providers: their domains do not identify a company."""


class ContactOfAnotherAccount(DomainError):
    """The contact belongs to another account than the one chosen."""

    code = "contact_of_another_account"


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Accounts and contacts that the lead may be already."""

    accounts: list[Account]
    contacts: list[Contact]


@dataclass(frozen=True, slots=True)
class Qualified:
    """The records that a qualified lead became."""

    lead: Lead
    account: Account
    contact: Contact
    opportunity: Opportunity | None


def find_duplicates(lead: Lead, *, actor: User) -> Duplicates:
    """Look for the lead among the accounts and contacts the person may see.

    By e-mail, domain, normalised name and phone, as other CRMs do.
    """
    accounts = Account.objects.visible_to(actor).filter(_same_company(lead))
    contacts = Contact.objects.visible_to(actor).filter(_same_person(lead))
    return Duplicates(
        accounts=list(accounts.order_by("name", "id")[:5]),
        contacts=list(contacts.select_related("account").order_by("last_name", "id")[:5]),
    )


@transaction.atomic
def contact_lead(lead_id: uuid.UUID, *, actor: Actor) -> Lead:
    """Mark a lead as contacted."""
    lead = _lock(lead_id)
    lead.refuse_move_to(Lead.Status.CONTACTED, only_from=Lead.Status.NEW)
    lead.move_to(Lead.Status.CONTACTED)
    note(lead, _("Contacted by %(actor)s.", actor=actor), actor=actor)
    return lead


@transaction.atomic
def qualify_lead(
    lead_id: uuid.UUID,
    *,
    actor: Actor,
    account: Account | None = None,
    contact: Contact | None = None,
    with_opportunity: bool = True,
    opportunity_name: str = "",
    currency: str = "EUR",
) -> Qualified:
    """Qualify a lead: into a known account and contact or new ones, and an opportunity."""
    lead = _lock(lead_id)
    lead.refuse_move_to(Lead.Status.QUALIFIED)
    if contact is not None and account is None:
        account = contact.account
    if contact is not None and account is not None and contact.account_id != account.pk:
        raise ContactOfAnotherAccount(
            gettext("%(contact)s belongs to %(owner)s, not %(account)s.")
            % {"contact": contact, "owner": contact.account, "account": account},
            field="contact",
        )
    account = account or _new_account(lead)
    contact = contact or _new_contact(lead, account)
    lead.move_to(
        Lead.Status.QUALIFIED,
        qualified_account=account,
        qualified_contact=contact,
        qualified_at=timezone.now(),
    )
    opportunity = None
    if with_opportunity:
        opportunity = _opportunity(lead, account, contact, opportunity_name, currency)
    note(lead, _("Qualified by %(actor)s: %(account)s.", actor=actor, account=account), actor=actor)
    return Qualified(lead, account, contact, opportunity)


@transaction.atomic
def disqualify_lead(lead_id: uuid.UUID, *, actor: Actor, reason: str) -> Lead:
    """Close a lead that will not buy, with the reason."""
    if reason not in Lead.DisqualifiedReason.values:
        raise MissingField(gettext("Choose why the lead is disqualified."), field="reason")
    lead = _lock(lead_id)
    lead.move_to(Lead.Status.DISQUALIFIED, disqualified_reason=reason)
    note(
        lead,
        _("Disqualified: %(reason)s.", reason=Lead.DisqualifiedReason(reason).label),
        actor=actor,
    )
    return lead


@transaction.atomic
def reopen_lead(lead_id: uuid.UUID, *, actor: Actor) -> Lead:
    """Reopen a lead."""
    lead = _lock(lead_id)
    if lead.is_open:
        lead.refuse_move_to(lead.status)
    lead.move_to(Lead.Status.CONTACTED, disqualified_reason="")
    note(lead, _("Reopened by %(actor)s.", actor=actor), actor=actor)
    return lead


def _lock(lead_id: uuid.UUID) -> Lead:
    return Lead.objects.select_for_update(of=("self",)).get(pk=lead_id)


def _same_company(lead: Lead) -> Q:
    alike = Q(pk__in=[])
    if lead.company_name:
        alike |= Q(normalised_name=normalise_name(lead.company_name))
        alike |= Q(normalised_name__trigram_similar=normalise_name(lead.company_name))
    domain = lead.email.rpartition("@")[2].casefold()
    if domain and domain not in FREE_MAIL:
        alike |= Q(domain=domain) | Q(email__iendswith=f"@{domain}")
    if lead.phone:
        alike |= Q(phone=lead.phone)
    return alike


def _same_person(lead: Lead) -> Q:
    alike = Q(pk__in=[])
    if lead.email:
        alike |= Q(email__iexact=lead.email)
    if lead.phone:
        alike |= Q(phone=lead.phone)
    return alike


def _new_account(lead: Lead) -> Account:
    domain = lead.email.rpartition("@")[2].casefold()
    is_company = bool(lead.company_name)
    return Account.objects.create(
        kind=Account.Kind.COMPANY if is_company else Account.Kind.PERSON,
        name=lead.account_name,
        domain="" if domain in FREE_MAIL or not is_company else domain,
        email=lead.email,
        phone=lead.phone,
        owner=lead.owner,
        team=lead.team,
    )


def _new_contact(lead: Lead, account: Account) -> Contact:
    known: QuerySet[Contact] = account.contacts.filter(
        first_name__iexact=lead.first_name, last_name__iexact=lead.last_name
    )
    return known.first() or Contact.objects.create(
        account=account,
        first_name=lead.first_name,
        last_name=lead.last_name,
        email=lead.email,
        phone=lead.phone,
    )


def _opportunity(
    lead: Lead, account: Account, contact: Contact, name: str, currency: str
) -> Opportunity:
    stage = Stage.objects.first()
    if stage is None:
        raise NotSetUp(
            gettext("The pipeline has no stage yet: an administrator sets up the first one.")
        )
    known = Opportunity.objects.filter(lead=lead).first()
    return known or Opportunity.objects.create(
        name=name or lead.topic,
        account=account,
        contact=contact,
        lead=lead,
        stage=stage,
        currency=currency,
        owner=lead.owner,
        team=lead.team,
    )
