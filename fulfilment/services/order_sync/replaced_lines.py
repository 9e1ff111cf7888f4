"""Lines that another system sells as another product: here a cancelled line and a new one."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from common.identifiers import uuid7
from fulfilment.dialects.supply import Code, RemoteOrder
from fulfilment.models import Mapping as MappingRow
from fulfilment.sync.merge import Conflict, Values
from fulfilment.sync.policies import is_same, policy_of, subject_of
from sales.models import OrderLine

Kind = MappingRow.Kind


def with_new_lines(
    ids: Mapping[str, str],
    theirs: RemoteOrder,
    mapped: Mapping[Code, uuid.UUID],
    lines: Sequence[OrderLine],
    *,
    base: Values,
    ours: Values,
    conflicts: Collection[Conflict],
) -> dict[str, str]:
    """Give a line of theirs with another product a new id, so that ours of before is cancelled.

    What is delivered, invoiced, in conflict, or edited here without their knowing it stays the same
    line: a person decides about its product.
    """
    kept = {subject_of(each.path) for each in conflicts} | set(_edited(base, ours))
    kept |= {f"line.{line.pk}" for line in lines if line.done_quantity > line.cancelled_quantity}
    lines_there = {ids[line["id"]]: line for line in theirs.lines}
    replaced = {
        our_id
        for our_id, line in lines_there.items()
        if f"line.{our_id}" not in kept
        and _is_other(line, mapped, base.get(f"line.{our_id}.product"))
    }
    return {lot: str(uuid7()) if our_id in replaced else our_id for lot, our_id in ids.items()}


def _is_other(
    line: Mapping[str, Any], mapped: Mapping[Code, uuid.UUID], before: str | None
) -> bool:
    """Whether a line that nothing was done of has another product than before."""
    if before is None or any(Decimal(line.get(name) or 0) for name in ("delivered", "invoiced")):
        return False
    item, category = str(line.get("item") or ""), str(line.get("category") or "")
    if item:
        return str(mapped[Kind.PRODUCT, item]) != before
    return bool(category) and str(mapped[Kind.CATEGORY, category]) != before


def _edited(base: Values, ours: Values) -> Iterator[str]:
    """Find the lines that were edited here, and they do not know it yet."""
    for path, value in ours.items():
        policy = policy_of(path)
        if policy is not None and path in base and not is_same(policy.kind, base[path], value):
            yield subject_of(path)
