"""Scopes: what a partner's token allows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api.refusals import InsufficientScope
from crm.models import Partner


class HasScope(BasePermission):
    """Lets in partners whose token has the scope that the view names for the method."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether it is a partner with the scope; a missing scope is named."""
        user: Any = request.user
        if not isinstance(user, Partner):
            return False
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method not in view.scopes:
            raise MethodNotAllowed(method)
        check_scope(request, view.scopes[method])
        return True


class HasScopeOrSession(HasScope):
    """Lets in partners with the scope, and whoever is signed in to the browser UI."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether it is one of both."""
        user: Any = request.user
        is_person = not isinstance(user, Partner) and user.is_authenticated
        return is_person or super().has_permission(request, view)


def check_scope(request: Request, scope: str) -> None:
    """Refuse a token that lacks a scope, or whose partner lost it since."""
    check_token_scope(partner_of(request), request.auth, scope)


def check_token_scope(partner: Partner, token: Any, scope: str) -> None:
    """Refuse a token of a partner that lacks a scope."""
    if not token.allow_scopes([scope]) or scope not in partner.scopes:
        raise InsufficientScope(
            gettext("The scope %(scope)s is needed; this token has: %(granted)s.")
            % {"scope": scope, "granted": token.scope or gettext("none")}
        )


def partner_of(request: Request) -> Partner:
    """Return the partner whose token the request has."""
    partner: Any = request.user
    assert isinstance(partner, Partner)  # noqa: S101  # HasScope lets in nobody else
    return partner
