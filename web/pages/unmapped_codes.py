"""Card of the codes of other systems that messages wait for, one row for each code."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from crm.models import User
from fulfilment.inbound.message_actions import WaitingCode, waiting_codes
from fulfilment.models import InboundMessage, Mapping
from web.display import Action
from web.pages.cards import Card, CardRow


def unmapped_codes_card(messages: QuerySet[InboundMessage], user: User) -> Card | None:
    """List the codes that messages wait for, each with how many documents; None if none does."""
    codes = waiting_codes(messages)
    if not codes:
        return None
    rows = list(_rows(codes, may_map=user.has_perm("fulfilment.change_inboundmessage")))
    return Card(title=gettext("Codes that are not mapped"), id="unmapped", rows=rows)


def _rows(codes: Iterable[WaitingCode], *, may_map: bool) -> Iterable[CardRow]:
    for code in codes:
        kind = Mapping.Kind(code.kind).label
        counted = ngettext("%(count)d order", "%(count)d orders", code.documents)
        args = [code.message_id, code.kind, code.their_code]
        url = reverse("fulfilment:inboundmessage-map", args=args)
        action = Action(gettext("Map it"), url, "link", asks=True, dialog=True)
        yield CardRow(
            title=f"{code.their_code}: {counted % {'count': code.documents}}",
            url=reverse("fulfilment:inboundmessage-detail", args=[code.message_id]),
            detail=f"{kind} · {code.connection}",
            actions=[action] if may_map else [],
        )
