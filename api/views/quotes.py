"""Quotes for partners: create, read, and the verbs that change their status."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.urls import reverse
from rest_framework.request import Request

from api.expansions import lines, related
from api.inputs import read
from api.operations import creating
from api.permissions import partner_of
from api.representations.accounts import represent_account, represent_contact
from api.representations.orders import represent_order
from api.representations.quotes import represent_head, represent_line, represent_quote
from api.representations.schemas import QuoteHeadSchema, ResourceOrderSchema, ResourceQuoteSchema
from api.requests.orders import new_lines
from api.requests.quotes import AcceptInput, DeclineInput, QuoteInput, QuoteQuery
from api.resources import Resource
from api.views.base import ListView, RecordView, VerbView, lists, reads, verb
from api.visibility import visible_accounts
from api.writes import Written, once
from crm.models import Contact, Partner
from sales.models import Quote
from sales.services.quotes import accept_quote, activate_quote, lose_quote, revise_quote
from sales.services.whole_drafts import draft_whole

READ, WRITE = Partner.Scope.QUOTES_READ, Partner.Scope.QUOTES_WRITE
ACCOUNTS_READ = Partner.Scope.ACCOUNTS_READ


def lock_quote(pk: uuid.UUID) -> Quote:
    """Lock a quote for an action; concurrent actions on it wait."""
    return Quote.objects.select_for_update(of=("self",)).get(pk=pk)


QUOTES = Resource(
    "quotes",
    Quote.objects.visible_to,
    represent_quote,
    represent_head,
    expansions={
        "lines": lines(READ, represent_line),
        "account": related("account", ACCOUNTS_READ, visible_accounts, represent_account),
        "contact": related("contact", ACCOUNTS_READ, Contact.objects.visible_to, represent_contact),
    },
    lock=lock_quote,
)


@lists(QUOTES, QuoteQuery, QuoteHeadSchema)
class QuoteListView(ListView):
    """All quotes that the partner may see."""

    scopes = {"GET": READ, "POST": WRITE}  # noqa: RUF012  # as in every view

    @creating("quotes", QuoteInput, ResourceQuoteSchema)
    @once
    def post(self, request: Request) -> Written:
        """Create a draft with its lines."""
        partner = partner_of(request)
        sent = read(QuoteInput, request.data, actor=partner)
        quote, drafted = draft_whole(
            Quote,
            actor=partner,
            account=sent.pop("account"),
            name=sent.pop("name"),
            lines=new_lines(sent.pop("lines"), sent["currency"]),
            head={"discount_rate": sent.pop("discount_percent", None), **sent},
        )
        return _created(represent_quote(quote, drafted), quote)


@reads(QUOTES, ResourceQuoteSchema)
class QuoteView(RecordView):
    """One quote."""

    scopes = {"GET": READ}  # noqa: RUF012  # as in every view


@verb(QUOTES, "activate", ResourceQuoteSchema)
class ActivateView(VerbView):
    """Activate a quote."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Freeze a draft as the next revision of its number."""
        return _written(activate_quote(pk, actor=partner))


@verb(QUOTES, "revise", ResourceQuoteSchema, status=HTTPStatus.CREATED)
class ReviseView(VerbView):
    """Revise a quote."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Supersede an active quote by a draft, which will be its next revision."""
        draft = revise_quote(pk, actor=partner)
        return _created(represent_quote(draft), draft)


@verb(QUOTES, "accept", ResourceOrderSchema, body=AcceptInput, status=HTTPStatus.CREATED)
class AcceptView(VerbView):
    """Accept a quote."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Record the customer's acceptance, and answer the order that it makes."""
        order = accept_quote(pk, actor=partner, **sent)
        location = reverse("api:order", args=[order.pk])
        return Written(represent_order(order), HTTPStatus.CREATED, location, order.version)


@verb(QUOTES, "decline", ResourceQuoteSchema, body=DeclineInput)
class DeclineView(VerbView):
    """Decline a quote."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Close it as lost, with the reason."""
        return _written(lose_quote(pk, actor=partner, **sent))


def _created(data: dict[str, Any], quote: Quote) -> Written:
    location = reverse("api:quote", args=[quote.pk])
    return Written(data, HTTPStatus.CREATED, location, quote.version)


def _written(quote: Quote) -> Written:
    return Written(represent_quote(quote), version=quote.version)
