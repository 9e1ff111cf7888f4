"""List filters of leads, opportunities, accounts and contacts."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crm.models import Account, Contact, Lead, Opportunity, Stage, User
from web.filters.base import RecordFilter
from web.filters.custom_fields import CustomFilters


def colleagues(request: Any) -> QuerySet[User]:
    """Return the users who may own a record."""
    return User.objects.filter(is_active=True).order_by("first_name", "last_name", "email")


class OwnedFilter(CustomFilters, RecordFilter):
    """Filters by text and owner, which every list of owned records has."""

    text_columns: tuple[str, ...] = ()

    text = filters.CharFilter(label=_("Number or name"), method="matching")
    owner = filters.ModelChoiceFilter(
        label=_("Owner"), queryset=colleagues, empty_label=_("Everyone")
    )

    def matching(self, records: QuerySet[Any], name: str, text: str) -> QuerySet[Any]:
        """Keep the records that have the text in one of their columns."""
        wanted = Q()
        for column in self.text_columns:
            wanted |= Q(**{f"{column}__icontains": text.strip()})
        return records.filter(wanted)


class LeadFilter(OwnedFilter):
    """Filters leads."""

    text_columns = ("topic", "company_name", "last_name", "first_name", "email")

    text = filters.CharFilter(label=_("Topic, company or person"), method="matching")
    status = filters.ChoiceFilter(
        label=_("Status"), choices=Lead.Status.choices, empty_label=_("Any")
    )
    source = filters.ChoiceFilter(
        label=_("Source"), choices=Lead.Source.choices, empty_label=_("Any")
    )

    class Meta:
        model = Lead
        fields = ("text", "status", "source", "owner")


class OpportunityFilter(OwnedFilter):
    """Filters opportunities."""

    text_columns = ("name", "account__name")

    text = filters.CharFilter(label=_("Name or account"), method="matching")
    status = filters.ChoiceFilter(
        label=_("Status"), choices=Opportunity.Status.choices, empty_label=_("Any")
    )
    stage = filters.ModelChoiceFilter(
        label=_("Stage"), queryset=Stage.objects.all(), empty_label=_("Any")
    )

    class Meta:
        model = Opportunity
        fields = ("text", "status", "stage", "owner")


class AccountFilter(OwnedFilter):
    """Filters accounts."""

    text_columns = ("name", "normalised_name", "domain", "email", "billing_city")

    text = filters.CharFilter(label=_("Name, domain or city"), method="matching")
    kind = filters.ChoiceFilter(label=_("Kind"), choices=Account.Kind.choices, empty_label=_("Any"))

    class Meta:
        model = Account
        fields = ("text", "kind", "owner")


class ContactFilter(CustomFilters, RecordFilter):
    """Filters contacts."""

    text = filters.CharFilter(label=_("Name, e-mail or account"), method="matching")

    class Meta:
        model = Contact
        fields = ("text",)

    def matching(self, records: QuerySet[Contact], name: str, text: str) -> QuerySet[Contact]:
        """Keep contacts whose every word is found in their name, e-mail address or account."""
        for word in text.split():
            records = records.filter(
                Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(email__icontains=word)
                | Q(account__name__icontains=word)
            )
        return records
