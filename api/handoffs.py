"""Dry runs: the messages to other systems that a verb would create."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from crm.models import Partner
from fulfilment.cloudevents import TYPE_PREFIX
from fulfilment.models import Handoff

THIS_TRANSACTION = models.Func(
    template="(pg_current_xact_id()::text::bigint)", output_field=models.BigIntegerField()
)


def with_handoffs(data: dict[str, Any] | None, partner: Partner) -> dict[str, Any]:
    """Add the handoffs that this transaction has created so far to what it answers.

    Those to endpoints of other partners are not this partner's business.
    """
    ours_or_own = Q(lane__connection__partner=None) | Q(lane__connection__partner=partner)
    created = (
        Handoff.objects.filter(ours_or_own, event__xid=THIS_TRANSACTION)
        .order_by("pk")
        .values_list("lane__connection__code", "event__type")
    )
    handoffs = [{"connection": code, "type": TYPE_PREFIX + type_} for code, type_ in created]
    return {"dry_run": True, "handoffs": handoffs, "result": data}
