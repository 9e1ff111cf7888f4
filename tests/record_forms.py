"""Forms of records: those of the UI, and those of every page of the admin."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.test import RequestFactory

from crm.models import User
from sales.admin.documents import DocumentAdmin
from web.forms.base import RecordForm


def record_forms() -> list[type[ModelForm[Any]]]:
    """List the forms of records, rows below them included."""
    import_module("config.urls")  # the views, and with them every form of the UI
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True)
    found = []
    for site in admin.site._registry.values():
        if not (site.has_add_permission(request) or isinstance(site, DocumentAdmin)):
            continue
        found.append(site.get_form(request))
        found += [
            inline.get_formset(request).form
            for inline in site.get_inline_instances(request)
            if inline.has_change_permission(request)
        ]
    return [*below(RecordForm), *found]


def below(parent: type[Any]) -> list[type[Any]]:
    """List all subclasses of a class."""
    return [each for child in parent.__subclasses__() for each in (child, *below(child))]
