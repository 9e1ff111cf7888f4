"""Expansion of references, one level: the record itself in place of its id, read by set."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.utils.translation import gettext
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from api.permissions import check_scope, partner_of
from crm.models import Partner

PARAMETER = "expand"

Found = Mapping[uuid.UUID, Any]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What replaces a field of records, by the id of each record, and the scope to read it."""

    scope: str
    find: Callable[[Partner, Sequence[Any]], Found]


def related(
    field: str,
    scope: str,
    records: Callable[[Partner], QuerySet[Any]],
    represent: Callable[[Any], dict[str, Any]],
) -> Expansion:
    """Expand a foreign key; one that the partner may not see stays an id."""

    def find(partner: Partner, found: Sequence[Any]) -> Found:
        keys = {each.pk: getattr(each, f"{field}_id") for each in found}
        named = {key for key in keys.values() if key is not None}
        others = {one.pk: represent(one) for one in records(partner).filter(pk__in=named)}
        return {pk: others[key] for pk, key in keys.items() if key in others}

    return Expansion(scope, find)


def lines(scope: str, represent: Callable[[Any, str], dict[str, Any]]) -> Expansion:
    """Expand the lines of documents, in their order."""

    def find(_partner: Partner, found: Sequence[Any]) -> Found:
        if not found:
            return {}
        ordered = type(found[0]).lines.rel.related_model.objects.order_by("position", "pk")
        prefetch_related_objects(list(found), Prefetch("lines", ordered))
        return {
            each.pk: [represent(line, each.currency) for line in each.lines.all()] for each in found
        }

    return Expansion(scope, find)


def take_expansions(
    request: Request, known: Mapping[str, Expansion]
) -> tuple[dict[str, str], dict[str, Expansion]]:
    """Return the other query parameters, and the expansions that are asked for."""
    others = request.query_params.dict()
    names = [name for name in others.pop(PARAMETER, "").split(",") if name]
    if unknown := [name for name in names if name not in known]:
        sentence = gettext("%(name)s cannot be expanded here; what can be: %(known)s.")
        values = {"name": unknown[0], "known": ", ".join(sorted(known)) or gettext("nothing")}
        raise ValidationError({PARAMETER: [ErrorDetail(sentence % values, "unknown")]})
    for name in names:
        check_scope(request, known[name].scope)
    return others, {name: known[name] for name in names}


def expand(
    request: Request,
    records: Sequence[Any],
    represented: list[dict[str, Any]],
    chosen: Mapping[str, Expansion],
) -> list[dict[str, Any]]:
    """Put what was asked for in place of its id in each of the represented records."""
    for name, expansion in chosen.items():
        found = expansion.find(partner_of(request), records)
        for record, fields in zip(records, represented, strict=True):
            if record.pk in found:
                fields[name] = found[record.pk]
    return represented
