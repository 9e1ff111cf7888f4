"""Accounts for partners: read, create, update, and write by an external id."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext
from rest_framework.request import Request

from api.inputs import read
from api.models import ExternalId
from api.operations import creating, updating, writing
from api.permissions import partner_of
from api.preconditions import HEADER, check_precondition
from api.representations.accounts import represent_account
from api.representations.schemas import ResourceAccountSchema
from api.requests.accounts import AccountInput, AccountQuery, put_fields
from api.resources import Resource
from api.views.base import ListView, PartnerView, RecordView, find_to_write, lists, reads
from api.visibility import visible_accounts
from api.writes import Written, once, repeatable
from common.errors import NotAllowed
from crm.models import Account, Partner

READ, WRITE = Partner.Scope.ACCOUNTS_READ, Partner.Scope.ACCOUNTS_WRITE
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"


def lock_account(pk: uuid.UUID) -> Account:
    """Lock an account."""
    return Account.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)


ACCOUNTS = Resource("accounts", visible_accounts, represent_account, lock=lock_account)


@lists(ACCOUNTS, AccountQuery, ResourceAccountSchema)
class AccountListView(ListView):
    """Accounts that the partner was granted."""

    scopes = {"GET": READ, "POST": WRITE}  # noqa: RUF012  # as in every view

    @creating("accounts", AccountInput, ResourceAccountSchema)
    @once
    def post(self, request: Request) -> Written:
        """Create an account, which the partner is granted."""
        partner = partner_of(request)
        sent = read(AccountInput, request.data, actor=partner)
        return _written(partner, _create(partner, sent), HTTPStatus.CREATED)


@reads(ACCOUNTS, ResourceAccountSchema)
class AccountView(RecordView):
    """One account."""

    scopes = {"GET": READ, "PATCH": WRITE}  # noqa: RUF012  # as in every view

    @updating("accounts", AccountInput, ResourceAccountSchema)
    @repeatable
    def patch(self, request: Request, pk: uuid.UUID) -> Written:
        """Change the fields that are sent."""
        account = find_to_write(ACCOUNTS, request, pk)
        put_fields(account, read(AccountInput, request.data, partial=True))
        account.save()
        return _written(partner_of(request), account)


class AccountByExternalIdView(PartnerView):
    """An account by what the partner calls it in a system of its own."""

    scopes = {"PUT": WRITE}  # noqa: RUF012  # as in every view

    @writing("accounts", "put", AccountInput, ResourceAccountSchema, is_keyed=False)
    @repeatable
    def put(self, request: Request, system: str, external_id: str) -> Written:
        """Create the account, or change the fields that are sent; If-Match is compared if sent."""
        partner = partner_of(request)
        names = {"record_type": ExternalId.Record.ACCOUNT, "system": system}
        names |= {"external_id": external_id}
        sent = read(AccountInput, request.data)
        with connection.cursor() as cursor:
            cursor.execute(LOCK, [f"{partner.pk} {system} {external_id}"])
        known = partner.external_ids.filter(**names).first()
        if known is None:
            account = _create(partner, sent)
            partner.external_ids.create(record_id=account.pk, **names)
            return _written(partner, account, HTTPStatus.CREATED)
        account = lock_account(ACCOUNTS.find(partner, known.record_id).pk)
        if HEADER in request.headers:
            check_precondition(request, account)
        put_fields(account, sent)
        account.save()
        return _written(partner, account)


def _create(partner: Partner, sent: dict[str, Any]) -> Account:
    """Create an account for the person who owns those of the partner, and grant it."""
    owner = partner.account_owner
    if owner is None or not owner.is_active:
        raise NotAllowed(
            gettext("This partner creates no accounts: an administrator names who owns them first.")
        )
    account = Account(owner=owner)
    put_fields(account, sent)
    account.save(force_insert=True)
    partner.accounts.add(account)
    return account


def _written(partner: Partner, account: Account, status: int = HTTPStatus.OK) -> Written:
    stored = ACCOUNTS.find(partner, account.pk)
    location = reverse("api:account", args=[stored.pk]) if status == HTTPStatus.CREATED else None
    return Written(represent_account(stored), status, location, stored.version)
