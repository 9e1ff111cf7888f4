"""Mappings: another system's codes for accounts, products, units and other records of ours."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db import models, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Lower

from common.errors import DomainError
from common.sentences import joined
from common.sentences import sentence as _
from crm.models import Account
from fulfilment.dialects.supply import Code
from fulfilment.models import Connection
from fulfilment.models import Mapping as MappingRow
from sales.models import Company, PaymentTerms, PriceList, Product, ProductCategory, Unit

Kind = MappingRow.Kind
SUGGESTIONS = 3
LEAST_SIMILARITY = 0.2


@dataclass(frozen=True, slots=True)
class MappedKind:
    """What codes of one kind are mapped to: the model, and the column that names a record best."""

    model: type[models.Model]
    code: str
    name: str


MAPPED_KINDS: dict[str, MappedKind] = {
    Kind.COMPANY: MappedKind(Company, "name", "name"),
    Kind.ACCOUNT: MappedKind(Account, "name", "name"),
    Kind.PRODUCT: MappedKind(Product, "sku", "name"),
    Kind.UNIT: MappedKind(Unit, "name", "name"),
    Kind.CATEGORY: MappedKind(ProductCategory, "code", "name"),
    Kind.PAYMENT_TERMS: MappedKind(PaymentTerms, "name", "name"),
    Kind.PRICE_LIST: MappedKind(PriceList, "currency", "name"),
}


class NotMapped(DomainError):
    """Codes of theirs are not mapped to records of ours yet."""

    code = "not_mapped"

    def __init__(self, connection: Connection, codes: Iterable[Code]) -> None:
        self.codes = sorted(set(codes))
        super().__init__(
            joined(
                _(
                    "%(kind)s “%(code)s” of %(connection)s is not mapped to a record here.",
                    kind=Kind(kind).label,
                    code=code,
                    connection=connection,
                )
                for kind, code in self.codes
            )
        )


def mapped_codes(connection: Connection, codes: Collection[Code]) -> dict[Code, uuid.UUID]:
    """Return the ids of the records that codes of theirs are mapped to, in one statement.

    Raises NotMapped for those that are not mapped.
    """
    rows = MappingRow.objects.filter(
        connection=connection, their_code__in={code for _kind, code in codes}
    )
    known = {row.key: row.record_id for row in rows}
    missing = [code for code in codes if code not in known]
    if missing:
        raise NotMapped(connection, missing)
    return {code: known[code] for code in codes}


def outward_codes(connection: Connection, records: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return what records are called in messages to a connection; one that is not mapped lacks."""
    rows = MappingRow.objects.filter(
        connection=connection, record_id__in=list(records), is_outward=True
    )
    return dict(rows.values_list("record_id", "their_code"))


def unmapped_code(code: Code) -> str:
    """Write a code as a message keeps it that waits for it.

    >>> unmapped_code(("product", "AX-9"))
    'product:AX-9'
    """
    return ":".join(code)


@transaction.atomic
def map_code(connection: Connection, code: Code, record: models.Model) -> MappingRow:
    """Map a code of theirs to a record of ours, or to another one than before.

    Messages to them use the code unless they use another one for the record already.
    """
    kind, their_code = code
    expected = MAPPED_KINDS[kind].model
    if not isinstance(record, expected):
        raise TypeError(f"{Kind(kind)} is mapped to {expected.__name__}.")
    others = MappingRow.objects.filter(
        connection=connection, kind=kind, record_id=record.pk, is_outward=True
    ).exclude(their_code=their_code)
    row, _is_new = MappingRow.objects.update_or_create(
        connection=connection,
        kind=kind,
        their_code=their_code,
        defaults={"record_id": record.pk, "is_outward": not others.exists()},
    )
    return row


def suggestions(code: Code) -> Sequence[models.Model]:
    """Return the records that a code of theirs most likely means, the most similar first."""
    kind, their_code = code
    mapped = MAPPED_KINDS[kind]
    similar = TrigramSimilarity(mapped.name, their_code) + TrigramSimilarity(
        mapped.code, their_code
    )
    found = mapped.model._default_manager.annotate(similarity=similar)
    return list(
        found.filter(similarity__gte=LEAST_SIMILARITY).order_by("-similarity")[:SUGGESTIONS]
    )


def exact_matches(kind: str, codes: Collection[str]) -> dict[str, models.Model]:
    """Return the records whose own code or name is a code of theirs, whatever its capitals."""
    mapped = MAPPED_KINDS[kind]
    wanted = {code.casefold(): code for code in codes}
    found: dict[str, models.Model] = {}
    for record in _with_lower_code(mapped).filter(lower_code__in=wanted):
        found[wanted[_lower_code(record)]] = record
    return found


def _with_lower_code(mapped: MappedKind) -> QuerySet[Any]:
    return mapped.model._default_manager.annotate(lower_code=Lower(F(mapped.code)))


def _lower_code(record: Any) -> str:
    code: str = record.lower_code
    return code
