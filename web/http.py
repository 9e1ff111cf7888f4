"""Access control of views: sign-in and permissions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import Permission
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext

if TYPE_CHECKING:
    from crm.models import User

P = ParamSpec("P")


class RepRequest(HttpRequest):
    """A request of a signed-in user."""

    user: User


PermittedView = Callable[Concatenate[RepRequest, P], HttpResponse]


def rep_required(view: PermittedView[P]) -> Callable[..., HttpResponse]:
    """Require a signed-in user."""
    return login_required(view)


def missing_right(permission: str) -> PermissionDenied:
    """Make the refusal of somebody without a permission: what it is called, and who has it.

    Of one that no role has, or that there is not, it says nothing.
    """
    app, _dot, codename = permission.partition(".")
    right = Permission.objects.filter(content_type__app_label=app, codename=codename).first()
    if right is None:
        return PermissionDenied()
    roles = list(right.group_set.order_by("name").values_list("name", flat=True))
    if not roles:
        return PermissionDenied()
    return PermissionDenied(
        gettext(
            "This needs the right “%(right)s”, which none of your roles gives you. The roles with "
            "it are: %(roles)s. Ask your administrator for one of them."
        )
        % {"right": right.name, "roles": ", ".join(roles)}
    )


def rep_with(permission: str) -> Callable[[PermittedView[P]], Callable[..., HttpResponse]]:
    """Require a signed-in user with the permission; others get the sign-in page or a 403."""

    def guard(view: PermittedView[P]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def guarded(request: RepRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise missing_right(permission)
            return view(request, *args, **kwargs)

        return guarded

    return guard
