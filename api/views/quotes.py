"""Quotes for partners: create, read, and the verbs that change their status."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import Any

from django.urls import reverse

from api.expansions import lines, related
from api.representations.accounts import represent_account, represent_contact
from api.representations.orders import represent_order
from api.representations.quotes import represent_head, represent_line, represent_quote
from api.representations.schemas import QuoteHeadSchema, ResourceOrderSchema, ResourceQuoteSchema
from api.requests.quotes import AcceptInput, DeclineInput, QuoteInput, QuoteQuery
from api.resources import Resource
from api.views.base import RecordView, VerbView, lists, reads, verb
from api.views.drafts import DraftsView, drafts
from api.visibility import visible_accounts
from api.writes import Written
from crm.models import Contact, Partner
from sales.models import Quote
from sales.services.documents.locks import lock_quote
from sales.services.quotes import accept_quote, activate_quote, lose_quote, revise_quote

READ, WRITE = Partner.Scope.QUOTES_READ, Partner.Scope.QUOTES_WRITE
ACCOUNTS_READ = Partner.Scope.ACCOUNTS_READ
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


@drafts(QUOTES, Quote, QuoteInput, ResourceQuoteSchema)
@lists(QUOTES, QuoteQuery, QuoteHeadSchema)
class QuoteListView(DraftsView):
    """All quotes that the partner may see."""

    scopes = {"GET": READ, "POST": WRITE}  # noqa: RUF012  # as in every view


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
        location = reverse("api:quote", args=[draft.pk])
        return Written(represent_quote(draft), HTTPStatus.CREATED, location, draft.version)


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


def _written(quote: Quote) -> Written:
    return Written(represent_quote(quote), version=quote.version)
