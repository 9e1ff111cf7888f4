"""URLs of leads, opportunities, accounts, contacts, activities and history."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from web.views import accounts, activities, contacts, history, leads, opportunities

app_name = "crm"

urlpatterns: list[URLPattern | URLResolver] = [
    path("leads/", leads.LeadList.as_view(), name="lead-list"),
    path("leads/new/", leads.LeadEdit.as_view(), name="lead-new"),
    path("leads/<uuid:pk>/", leads.detail, name="lead-detail"),
    path("leads/<uuid:pk>/edit/", leads.LeadEdit.as_view(), name="lead-edit"),
    path("leads/<uuid:pk>/contact/", leads.contact, name="lead-contact"),
    path("leads/<uuid:pk>/qualify/", leads.qualify, name="lead-qualify"),
    path("leads/<uuid:pk>/disqualify/", leads.disqualify, name="lead-disqualify"),
    path("leads/<uuid:pk>/reopen/", leads.reopen, name="lead-reopen"),
    path("opportunities/", opportunities.OpportunityList.as_view(), name="opportunity-list"),
    path("opportunities/new/", opportunities.OpportunityEdit.as_view(), name="opportunity-new"),
    path("opportunities/<uuid:pk>/", opportunities.detail, name="opportunity-detail"),
    path(
        "opportunities/<uuid:pk>/edit/",
        opportunities.OpportunityEdit.as_view(),
        name="opportunity-edit",
    ),
    path("accounts/", accounts.AccountList.as_view(), name="account-list"),
    path("accounts/new/", accounts.AccountEdit.as_view(), name="account-new"),
    path("accounts/<uuid:pk>/", accounts.detail, name="account-detail"),
    path("accounts/<uuid:pk>/edit/", accounts.AccountEdit.as_view(), name="account-edit"),
    path("contacts/", contacts.ContactList.as_view(), name="contact-list"),
    path("contacts/new/", contacts.ContactEdit.as_view(), name="contact-new"),
    path("contacts/<uuid:pk>/", contacts.detail, name="contact-detail"),
    path("contacts/<uuid:pk>/edit/", contacts.ContactEdit.as_view(), name="contact-edit"),
    path("history/<str:app>/<str:model>/<uuid:pk>/", history.changes, name="record-history"),
    path("activities/<str:app>/<str:model>/<uuid:pk>/", activities.add, name="activity-new"),
    path("activities/<uuid:pk>/done/", activities.done, name="activity-done"),
]
