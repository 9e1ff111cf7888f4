"""Access control of views: sign-in and permissions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

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


def rep_with(permission: str) -> Callable[[PermittedView[P]], Callable[..., HttpResponse]]:
    """Require a signed-in user with the permission; others get the sign-in page or a 403."""

    def guard(view: PermittedView[P]) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def guarded(request: RepRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return guard
