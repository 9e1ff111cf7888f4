"""Document kinds: one record per kind of document with all that differs between them.

A new kind of document is one more entry here. What follows from the state of a single document,
such as whether its prices are locked, is a property of its model instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

from django.db.models import Q

from sales.models.companies import NumberSeries
from sales.models.event_types import EventType
from sales.models.invoices import Invoice, InvoiceLine
from sales.models.orders import Order, OrderLine
from sales.models.quotes import Quote, QuoteLine

AnyDocument = Quote | Order | Invoice
AnyLine = QuoteLine | OrderLine | InvoiceLine


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """What one kind of document is called and made of."""

    name: str
    """The word in permissions, in the subject of events, and for the document in URL names."""

    url_word: str
    """The plural that stands in URLs."""

    model: type[AnyDocument]
    line_model: type[AnyLine]
    line_owner: str
    """The field by which a line knows its document."""

    drafted_event: EventType
    """What the first event of a new draft is."""

    draft_event: EventType
    """What an edit of a draft is recorded as; external systems never receive it."""

    number_series: NumberSeries.Kind
    is_reported_on: bool = False
    """Whether external systems have such documents too, and report what became of them."""

    official_number: str = ""
    """The column with the number that the ERP gives the document; empty where it gives none."""

    has_options: bool = False
    """Whether lines may be options, which the customer takes or leaves."""

    has_progress: bool = False
    """Whether lines are shipped and billed bit by bit."""

    @property
    def label(self) -> str:
        """The noun in the reader's language, with a capital: Order."""
        return str(self.number_series.label)

    @property
    def view_permission(self) -> str:
        """The right to see such documents."""
        return f"sales.view_{self.name}"

    @property
    def change_permission(self) -> str:
        """The right to edit drafts and to act on documents."""
        return f"sales.change_{self.name}"

    def is_called(self, number: object, lookup: str = "exact") -> Q:
        """Make the condition that a document has a number, ours or the official one."""
        columns = filter(None, ("number", self.official_number))
        return reduce(or_, (Q(**{f"{column}__{lookup}": number}) for column in columns))


QUOTE = DocumentKind(
    name="quote",
    url_word="quotes",
    model=Quote,
    line_model=QuoteLine,
    line_owner="quote",
    drafted_event=EventType.QUOTE_DRAFTED,
    draft_event=EventType.QUOTE_DRAFT_CHANGED,
    number_series=NumberSeries.Kind.QUOTE,
    has_options=True,
)
ORDER = DocumentKind(
    name="order",
    url_word="orders",
    model=Order,
    line_model=OrderLine,
    line_owner="order",
    drafted_event=EventType.ORDER_DRAFTED,
    draft_event=EventType.ORDER_DRAFT_CHANGED,
    number_series=NumberSeries.Kind.ORDER,
    is_reported_on=True,
    has_progress=True,
)
INVOICE = DocumentKind(
    name="invoice",
    url_word="invoices",
    model=Invoice,
    line_model=InvoiceLine,
    line_owner="invoice",
    drafted_event=EventType.INVOICE_DRAFTED,
    draft_event=EventType.INVOICE_DRAFT_CHANGED,
    number_series=NumberSeries.Kind.INVOICE,
    is_reported_on=True,
    official_number="official_number",
)
DOCUMENT_KINDS = (QUOTE, ORDER, INVOICE)
REPORTED_KINDS = tuple(kind for kind in DOCUMENT_KINDS if kind.is_reported_on)
"""The kinds that external systems report on."""

_BY_MODEL: dict[type[AnyDocument], DocumentKind] = {kind.model: kind for kind in DOCUMENT_KINDS}
_BY_NAME = {kind.name: kind for kind in DOCUMENT_KINDS}
_BY_URL_WORD = {kind.url_word: kind for kind in DOCUMENT_KINDS}


def kind_of(document: AnyDocument) -> DocumentKind:
    """Return the kind of a document."""
    return _BY_MODEL[type(document)]


def kind_named(name: str) -> DocumentKind:
    """Return the kind that events and permissions call so: ``order``."""
    return _BY_NAME[name]


def kind_by_url_word(word: str) -> DocumentKind:
    """Return the kind that URLs call so: ``orders``."""
    return _BY_URL_WORD[word]
