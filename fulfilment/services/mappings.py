"""Mappings: another system's codes for accounts, products, units and other records of ours."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import TrigramSimilarity
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy

from common.errors import DomainError
from common.sentences import joined
from common.sentences import sentence as _
from crm.models import Account
from fulfilment.dialects.supply import Code
from fulfilment.models import Connection
from fulfilment.models import Mapping as MappingRow
from fulfilment.services.bulk_sql import read_rows
from sales.models import Company, PaymentTerms, PriceList, Product, ProductCategory, Unit

RECORDS_OF_CODES = """
SELECT asked.kind, asked.code, mapping.record_id
FROM jsonb_to_recordset(%s) AS asked(connection uuid, kind text, code text, written text)
JOIN fulfilment_mapping AS mapping
    ON mapping.connection_id = asked.connection
    AND mapping.kind = asked.kind
    AND upper(mapping.their_code) = upper(asked.written)
"""

Kind = MappingRow.Kind
NAME_HINT = gettext_lazy("Its code or name, such as a SKU or the name of an account.")
"""What a person types to name a record."""
SUGGESTIONS = 5
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
    asked = [
        {"connection": connection.pk, "kind": kind, "code": code, "written": clean_code(code)}
        for kind, code in codes
    ]
    known = {(kind, code): record for kind, code, record in read_rows(RECORDS_OF_CODES, asked)}
    missing = [code for code in codes if code not in known]
    if missing:
        raise NotMapped(connection, missing)
    return known


def clean_code(code: str) -> str:
    """Write a code of theirs as it is kept; in other capitals it is the same code.

    >>> clean_code(" NET30 ")
    'NET30'
    """
    return unicodedata.normalize("NFC", code).strip()


def mapping_of(connection: Connection, code: Code) -> MappingRow | None:
    """Find the mapping of a code of theirs."""
    kind, their_code = code
    rows = MappingRow.objects.filter(connection=connection, kind=kind)
    return rows.filter(their_code__iexact=clean_code(their_code)).first()


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
    kind, their_code = code
    return f"{kind}:{clean_code(their_code)}"


class WrongKindOfRecord(DomainError):
    """A code is to be mapped to a record of another kind."""

    code = "wrong_kind_of_record"


class NoSuchRecord(DomainError):
    """No record of ours is called like this."""

    code = "no_such_record"


class AmbiguousRecord(DomainError):
    """Several records of ours are called like this."""

    code = "ambiguous_record"


@transaction.atomic
def map_code(connection: Connection, code: Code, record: models.Model) -> MappingRow:
    """Map a code of theirs to a record of ours, or to another one than before.

    Messages to them use the code unless they use another one for the record already.
    """
    kind, their_code = code
    expected = MAPPED_KINDS[kind].model
    if not isinstance(record, expected):
        raise WrongKindOfRecord(
            gettext("%(record)s is no %(kind)s: the code “%(code)s” is mapped to one.")
            % {"record": record, "kind": expected._meta.verbose_name, "code": their_code}
        )
    known = mapping_of(connection, code) or MappingRow(
        connection=connection, kind=kind, their_code=clean_code(their_code)
    )
    others = MappingRow.objects.filter(
        connection=connection, kind=kind, record_id=record.pk, is_outward=True
    ).exclude(pk=known.pk)
    known.record_id, known.is_outward = record.pk, not others.exists()
    known.save()
    return known


def suggestions(code: Code) -> Sequence[models.Model]:
    """Return the records that a code of theirs most likely means, the most similar first."""
    kind, their_code = code
    mapped = MAPPED_KINDS[kind]
    similar = TrigramSimilarity(mapped.name, their_code) + TrigramSimilarity(
        mapped.code, their_code
    )
    found = mapped.model._default_manager.annotate(similarity=similar)
    return list(
        found.filter(similarity__gte=LEAST_SIMILARITY).order_by("-similarity", "pk")[:SUGGESTIONS]
    )


def record_called(kind: str, name: str) -> models.Model:
    """Find the record of a kind by its code, name or id, as a person types it.

    Raises NoSuchRecord, with similar ones, for none, and AmbiguousRecord for several.
    """
    mapped = MAPPED_KINDS[kind]
    records = mapped.model._default_manager.all()
    with suppress(ValueError):
        return _only(records.filter(pk=uuid.UUID(name)), kind, name)
    by_code = records.filter(**{f"{mapped.code}__iexact": name})
    by_name = records.filter(**{f"{mapped.name}__iexact": name})
    return _only(by_code if by_code.exists() else by_name, kind, name)


def _only(found: QuerySet[Any], kind: str, name: str) -> models.Model:
    records = list(found[:2])
    if len(records) == 1:
        record: models.Model = records[0]
        return record
    values = {"kind": Kind(kind).label, "name": name}
    if records:
        text = gettext(
            "%(kind)s: more than one is called “%(name)s”. Give the id of the one that is meant, "
            "which is in the address of its page."
        )
        raise AmbiguousRecord(text % values)
    similar = ", ".join(called(kind, each) for each in suggestions((kind, name)))
    text = gettext("%(kind)s: none is called “%(name)s”. Similar ones: %(similar)s.")
    raise NoSuchRecord(text % {**values, "similar": similar or "–"})


def called(kind: str, record: Any) -> str:
    """Write what people call a record of a kind: its code, and its name where that is another."""
    mapped = MAPPED_KINDS[kind]
    code, name = getattr(record, mapped.code), getattr(record, mapped.name)
    return str(code) if code == name else f"{code} {name}"


def mapped_records(rows: Iterable[MappingRow]) -> dict[uuid.UUID, models.Model]:
    """Return the records that mappings lead to, by their ids; one statement for each kind."""
    ids: dict[str, set[uuid.UUID]] = {}
    for row in rows:
        ids.setdefault(row.kind, set()).add(row.record_id)
    found: dict[uuid.UUID, models.Model] = {}
    for kind, keys in ids.items():
        found |= MAPPED_KINDS[kind].model._default_manager.in_bulk(keys)
    return found
