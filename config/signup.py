"""Sign-up policy: administrators add users, nobody registers alone."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """An allauth adapter that keeps the sign-up page closed."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
