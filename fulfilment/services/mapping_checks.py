"""Checks of mappings: what orders name under our own words, and codes that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, TextField, Value, Window
from django.db.models.functions import Cast

from crm.models import Account
from fulfilment.models import Connection
from fulfilment.models import Mapping as MappingRow
from fulfilment.services.mappings import MAPPED_KINDS
from sales.models import Company, Order, PaymentTerms, Product, ProductCategory, Unit

Kind = MappingRow.Kind
EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class MappingCheck:
    """Codes of one kind: how many there are, and what does not match, with a few examples."""

    kind: Kind
    codes: int
    unmapped: int = 0
    """Records of ours that orders may name, and that the other system has no code for."""
    unmapped_examples: Sequence[str] = ()
    dangling: int = 0
    """Codes of theirs whose record is gone."""
    dangling_examples: Sequence[str] = ()

    @property
    def matches(self) -> bool:
        """Whether all that is sent has a code, and each code a record."""
        return not self.unmapped and not self.dangling


def check_mapping(connection: Connection) -> list[MappingCheck]:
    """Check every kind of code; three statements."""
    rows = MappingRow.objects.filter(connection=connection).order_by()
    codes = dict(rows.values_list("kind").annotate(count=Count("pk")))
    unmapped = _counted(_unmapped(connection))
    dangling = _counted(_dangling(rows))
    return [
        MappingCheck(
            kind,
            codes.get(kind, 0),
            *unmapped.get(kind, (0, ())),
            *dangling.get(kind, (0, ())),
        )
        for kind in Kind
    ]


def _sent(connection: Connection) -> Mapping[Kind, QuerySet[Any]]:
    """Return the records that messages to a connection may name; price lists are not sent."""
    companies = Company.objects.all()
    if connection.companies:
        companies = companies.filter(pk__in=connection.companies)
    products = Product.objects.active()
    orders = Order.objects.filter(company__in=companies, account=OuterRef("pk"))
    written_in = Q(tax_category__isnull=False) | Q(pk=connection.default_category_id)
    return {
        Kind.COMPANY: companies,
        Kind.ACCOUNT: Account.objects.filter(Exists(orders)),
        Kind.PRODUCT: products,
        Kind.UNIT: Unit.objects.filter(Exists(products.filter(default_unit=OuterRef("pk")))),
        Kind.CATEGORY: ProductCategory.objects.filter(written_in),
        Kind.PAYMENT_TERMS: PaymentTerms.objects.all(),
    }


def _unmapped(connection: Connection) -> Iterator[QuerySet[Any, Any]]:
    outward = MappingRow.objects.filter(
        connection=connection, is_outward=True, record_id=OuterRef("pk")
    )
    for kind, records in _sent(connection).items():
        lacking = records.exclude(Exists(outward.filter(kind=kind)))
        yield _some(lacking, kind, MAPPED_KINDS[kind].code)


def _dangling(rows: QuerySet[MappingRow]) -> Iterator[QuerySet[Any, Any]]:
    for kind, mapped in MAPPED_KINDS.items():
        records = mapped.model._default_manager.filter(pk=OuterRef("record_id"))
        yield _some(rows.filter(kind=kind).exclude(Exists(records)), kind, "their_code")


def _some(rows: QuerySet[Any], kind: str, column: str) -> QuerySet[Any, Any]:
    """Read a few names, each with its kind and how many rows there are."""
    named = rows.order_by(column).annotate(
        of_kind=Value(kind), called=Cast(F(column), TextField()), total=Window(Count("pk"))
    )
    some: QuerySet[Any, Any] = named.values_list("of_kind", "total", "called")[:EXAMPLES]
    return some


def _counted(parts: Iterator[QuerySet[Any, Any]]) -> dict[str, tuple[int, Sequence[str]]]:
    """Return how many rows of a kind there are, and some of their names; one statement."""
    first, *others = parts
    found: dict[str, tuple[int, Sequence[str]]] = {}
    for kind, total, name in first.union(*others, all=True):
        found[kind] = (total, (*found.get(kind, (0, ()))[1], name))
    return found
