"""Admin site: opened by role or by the staff flag, with our own sign-in page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext

from crm.models import User
from crm.roles import ENTERS_ADMIN


class AdminSite(admin.AdminSite):
    """The admin as our roles open it."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Return whether the person may open the admin."""
        return isinstance(request.user, User) and request.user.enters_admin

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send strangers to our sign-in page, which limits failed attempts."""
        index = reverse("admin:index", current_app=self.name)
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next", index))
        if not self.has_permission(request):
            raise PermissionDenied(
                gettext(
                    "Only the roles %(roles)s open the administration, and whoever is marked as "
                    "staff: ask your administrator for one of them."
                )
                % {"roles": ", ".join(sorted(ENTERS_ADMIN))}
            )
        return redirect(index)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Return the records that a field offers."""
        view: Callable[..., HttpResponse] = OfferedRecords.as_view(admin_site=self)  # type: ignore[assignment]  # Django's stubs promise less
        return view(request)


class OfferedRecords(AutocompleteJsonView):
    """Records to choose from in a form, by name."""

    admin_site: AdminSite

    def has_perm(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow those who may fill in the field too: an owner is chosen without reading users."""
        if super().has_perm(request, obj):
            return True
        source = self.source_field.model
        if not self.admin_site.is_registered(source):
            return False
        form = self.admin_site.get_model_admin(source)
        return form.has_add_permission(request) or form.has_change_permission(request)
