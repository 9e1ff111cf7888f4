"""Drafts with all their lines in one step, priced and checked before they are saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import transaction

from common.read_cache import cached_reads
from crm.actors import Actor
from crm.models import Account
from sales.models import Order, Quote
from sales.models.document_kinds import AnyLine, kind_of
from sales.services.documents.bulk_lines import checked_lines, with_their_parts
from sales.services.documents.draft_fields import NewLineFields, OrderFields, QuoteFields
from sales.services.documents.drafts import new_document
from sales.services.documents.new_lines import insert_lines
from sales.services.documents.totals import price_today
from sales.services.events import record_event
from sales.services.prices.discount_limits import check_new

Kind = TypeVar("Kind", bound=Order | Quote)


@transaction.atomic
def draft_whole(
    model: type[Kind],
    *,
    actor: Actor,
    account: Account,
    name: str,
    head: OrderFields | QuoteFields,
    lines: Sequence[NewLineFields],
) -> tuple[Kind, list[AnyLine]]:
    """Start an order or quote with its lines, on the terms the account buys by.

    As many statements for 500 lines as for one. Nothing is kept if it is refused; a line that is
    refused is named by its ``id``.
    """
    with cached_reads():
        draft = new_document(model, actor=actor, account=account, name=name, fields=head)
        draft.team = draft.owner.team
        drafted = with_their_parts(draft, checked_lines(draft, lines, actor))
        price_today(draft, drafted, [])
        check_new(draft, actor, drafted)
        draft.save(force_insert=True)
        insert_lines(draft, drafted)
        record_event(kind_of(draft).drafted_event, draft, actor=actor, is_first=True)
    return draft, drafted
