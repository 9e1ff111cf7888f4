"""Admin pages of users and teams."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from common.form_sentences import PlainErrors
from crm.admin.base import RecordAdmin, RunsAgainAdmin, VisibilityAdmin, person, runs_again
from crm.models import Team, User

ONLY_FOR_SUPERUSERS = ("is_superuser", "user_permissions")
"""Nobody gives out rights that they do not hold themselves."""


class NewUserForm(PlainErrors, AdminUserCreationForm[User]):
    """Form of a new user, identified by e-mail address."""

    class Meta:
        model = User
        fields = ("email",)


class UserForm(PlainErrors, UserChangeForm[User]):
    """Form of a user."""

    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(VisibilityAdmin, RunsAgainAdmin[User], DjangoUserAdmin[User]):
    """Users with their team, roles and discount limit."""

    form = UserForm
    add_form = NewUserForm
    ordering = ("email",)
    list_display = ("email", "first_name", "last_name", "team", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "groups", "team")
    list_select_related = ("team",)
    search_fields = ("email", "first_name", "last_name")
    filter_horizontal = ("groups", "user_permissions")
    readonly_fields = ("last_login", "date_joined")
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "team")}),
        (
            _("Rights"),
            {
                "fields": (
                    "is_active",
                    "is_staff",
                    "groups",
                    "discount_limit_rate",
                    *ONLY_FOR_SUPERUSERS,
                )
            },
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "usable_password", "password1", "password2")}),
        (_("Person"), {"fields": ("first_name", "last_name", "team")}),
    )

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form of a new user, which Django saves in a transaction of its own."""
        return runs_again(request, partial(super().add_view, request, form_url, extra_context))

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  # as Django names it
        form_url: str = "",
    ) -> HttpResponse:
        """Show or save the form of a new password."""
        return runs_again(request, partial(super().user_change_password, request, id, form_url))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only superusers change the fields that give a user every right."""
        fixed = super().get_readonly_fields(request, obj)
        return fixed if person(request).is_superuser else (*fixed, *ONLY_FOR_SUPERUSERS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser is changed only by another."""
        above = obj is not None and obj.is_superuser and not person(request).is_superuser
        return not above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser is deleted only by another."""
        above = obj is not None and obj.is_superuser and not person(request).is_superuser
        return not above and super().has_delete_permission(request, obj)


@admin.register(Team)
class TeamAdmin(RecordAdmin[Team]):
    """Teams: a tree in which each may have a team above it."""

    list_display = ("name", "parent", "discount_limit_rate")
    list_select_related = ("parent",)
    search_fields = ("name",)
    autocomplete_fields = ("parent",)
