"""Admin pages of accounts and contacts."""

from __future__ import annotations

from django.contrib import admin

from crm.admin.base import CustomFieldsAdmin, VisibilityAdmin
from crm.models import Account, Contact


class ContactInline(VisibilityAdmin, admin.TabularInline[Contact, Account]):
    """The contacts of an account."""

    model = Contact
    fields = ("first_name", "last_name", "job_title", "email", "phone")
    extra = 0
    show_change_link = True


@admin.register(Account)
class AccountAdmin(CustomFieldsAdmin[Account]):
    """Accounts: companies and persons we sell to."""

    list_display = ("name", "kind", "owner", "team", "billing_city", "billing_country")
    list_filter = ("kind", "team")
    list_select_related = ("owner", "team")
    search_fields = ("name", "normalised_name", "domain", "email")
    autocomplete_fields = ("owner", "team")
    readonly_fields = ("created_at", "updated_at")
    inlines = (ContactInline,)


@admin.register(Contact)
class ContactAdmin(CustomFieldsAdmin[Contact]):
    """Contacts: persons at an account."""

    list_display = ("last_name", "first_name", "account", "job_title", "email", "phone")
    list_select_related = ("account",)
    search_fields = ("last_name", "first_name", "email", "account__name")
    autocomplete_fields = ("account",)
    readonly_fields = ("created_at", "updated_at")
