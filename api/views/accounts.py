"""Accounts for partners: read, create, update, and write by an external id."""

from __future__ import annotations

from http import HTTPStatus

from django.urls import reverse
from rest_framework.request import Request

from api.inputs import read
from api.models import ExternalId
from api.operations import creating, writing
from api.permissions import partner_of
from api.preconditions import HEADER, check_precondition
from api.representations.accounts import represent_account
from api.representations.schemas import ResourceAccountSchema
from api.requests.accounts import AccountInput, AccountQuery, columns_of
from api.resources import Resource
from api.views.base import ListView, PartnerView, lists
from api.views.changes import ChangedFieldsView, changes
from api.visibility import visible_accounts
from api.writes import Written, once, repeatable
from common.advisory_locks import lock_names
from crm.models import Account, Partner
from crm.services.accounts import change_fields, create_account, lock_account

READ, WRITE = Partner.Scope.ACCOUNTS_READ, Partner.Scope.ACCOUNTS_WRITE
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
        return _written(partner, create_account(partner, columns_of(sent)), HTTPStatus.CREATED)


@changes(ACCOUNTS, AccountInput, ResourceAccountSchema)
class AccountView(ChangedFieldsView):
    """One account."""

    scopes = {"GET": READ, "PATCH": WRITE}  # noqa: RUF012  # as in every view


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
        lock_names([f"{partner.pk} {system} {external_id}"])
        known = partner.external_ids.filter(**names).first()
        if known is None:
            account = create_account(partner, columns_of(sent))
            partner.external_ids.create(record_id=account.pk, **names)
            return _written(partner, account, HTTPStatus.CREATED)
        account = lock_account(ACCOUNTS.find(partner, known.record_id).pk)
        if HEADER in request.headers:
            check_precondition(request, account)
        return _written(partner, change_fields(account, columns_of(sent)))


def _written(partner: Partner, account: Account, status: int = HTTPStatus.OK) -> Written:
    stored = ACCOUNTS.find(partner, account.pk)
    location = reverse("api:account", args=[stored.pk]) if status == HTTPStatus.CREATED else None
    return Written(represent_account(stored), status, location, stored.version)
