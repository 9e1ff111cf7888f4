"""Closing the rest of an order as it was shown: what would change, and nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext

from common.errors import StaleVersion
from crm.actors import Actor
from sales.models import Invoice, OrderChange
from sales.services.change_orders import close_rest, preview_close
from sales.services.documents.content_hash import hash_values
from sales.services.documents.locks import lock_order
from sales.services.draft_invoices import drafts_of_unshipped
from sales.services.order_differences import ChangeEntry, hash_changes


@dataclass(frozen=True, slots=True)
class Closing:
    """What closing the rest of an order changes, and the drafts that it deletes."""

    version: int
    drafts: Sequence[Invoice]
    changes: Sequence[ChangeEntry]

    @property
    def seen(self) -> str:
        """The hash of all of it, which says later that this was shown."""
        drafts = [(str(draft.pk), str(draft.total)) for draft in self.drafts]
        return hash_values([(self.version, drafts, hash_changes(self.changes))])


@transaction.atomic
def preview_closing(order_id: uuid.UUID, *, actor: Actor) -> Closing:
    """Return what closing the rest of an order would change, and change nothing."""
    order = lock_order(order_id)
    drafts = drafts_of_unshipped(order, None)
    return Closing(order.version, drafts, preview_close(order_id, actor=actor))


@transaction.atomic
def close_as_seen(order_id: uuid.UUID, *, actor: Actor, reason: str, seen: str = "") -> OrderChange:
    """Close the rest of an order; refused if ``seen``, where given, is not what changes now."""
    order = lock_order(order_id)
    drafts = drafts_of_unshipped(order, None)
    change = close_rest(order_id, actor=actor, reason=reason)
    if seen and seen != Closing(order.version, drafts, change.difference).seen:
        raise StaleVersion(
            gettext(
                "%(order)s was changed since you opened it: "
                "look at what closing the rest comes to now."
            )
            % {"order": order}
        )
    return change
