"""Row triggers of documents: rules that PostgreSQL enforces on every write."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pgtrigger

from common.triggers import (
    AppendOnly,
    KeepsColumns,
    LookupTrigger,
    Model,
    RefusalTrigger,
    differ,
    kept_columns,
    refuse,
)
from sales.models.line_kinds import LineKind

LINES_TOUCHED = "throughline.lines_touched"
"""Counts the statements that changed lines, so that a sum is added up once per statement."""

SUMMED = "throughline.summed"
"""The document that was last added up, and after how many such statements."""

MOVING = ("status", "version", "updated_at", "owner", "team", "notes")
"""What may change on any issued document."""


class VersionsInStep(RefusalTrigger):
    """A version goes up by one or stays."""

    name = "versions_in_step"
    operation = pgtrigger.Update
    refusal = "the version of % goes up one by one"

    def refused_rows(self, model: Model) -> str:
        """Any other step."""
        return "NEW.version NOT IN (OLD.version, OLD.version + 1)"


class OneCurrency(LookupTrigger):
    """The currency stays once there are lines."""

    name = "one_currency"
    operation = pgtrigger.Update
    refusal = "% has lines in its currency"

    def refused_rows(self, model: Model) -> str:
        """Any change of currency."""
        return "OLD.currency IS DISTINCT FROM NEW.currency"

    def is_wrong(self, model: Model) -> str:
        """Where there are lines."""
        table, owner = lines_of(model)
        return f"EXISTS (SELECT 1 FROM {table} WHERE {owner} = OLD.id)"


class SameCurrencyAs(LookupTrigger):
    """A document that comes from another one has its currency."""

    refusal = "the currency of % is that of the document it comes from"

    def __init__(self, source: str) -> None:
        """Name the field that leads to the other document."""
        self.source = source
        super().__init__(
            name=f"currency_of_{source}",
            operation=pgtrigger.Insert | pgtrigger.UpdateOf("currency", f"{source}_id"),
        )

    def refused_rows(self, model: Model) -> str:
        """Those that come from another document at all."""
        return f"NEW.{self.source}_id IS NOT NULL"

    def is_wrong(self, model: Model) -> str:
        """Where the other one has another currency."""
        other: Any = model._meta.get_field(self.source).related_model
        return (
            f"EXISTS (SELECT 1 FROM {other._meta.db_table} source "
            f"WHERE source.id = NEW.{self.source}_id AND source.currency <> NEW.currency)"
        )


class KeepsPrefix(LookupTrigger):
    """A company's prefix stays once numbers carry it."""

    name = "keeps_prefix"
    operation = pgtrigger.Update
    refusal = "numbers carry the prefix of %"

    def refused_rows(self, model: Model) -> str:
        """Any change of prefix."""
        return "OLD.number_prefix IS DISTINCT FROM NEW.number_prefix"

    def is_wrong(self, model: Model) -> str:
        """Where a number was given out."""
        return "EXISTS (SELECT 1 FROM sales_numberseries WHERE company_id = OLD.id AND last > 0)"


class DeferredTrigger(pgtrigger.Trigger):
    """Deferred trigger: a rule over several rows, checked when the transaction commits."""

    when = pgtrigger.After
    timing = pgtrigger.Deferred


class EventPerVersion(DeferredTrigger):
    """Every version of a document has an event."""

    name = "event_per_version"
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("version")

    def get_func(self, model: Model) -> str:
        """Look for the event of this version."""
        refusal = refuse(model, self.name, "this version of % has no event", "NEW.id")
        return (
            "IF NOT EXISTS (SELECT 1 FROM sales_salesevent WHERE subject_id = NEW.id "
            f"AND subject_version = NEW.version) THEN {refusal} END IF; RETURN NULL;"
        )


class ChangeOrderApplied(DeferredTrigger):
    """A change order has taken the order to its version by the end of the transaction."""

    name = "change_order_applied"
    operation = pgtrigger.Insert

    def get_func(self, model: Model) -> str:
        """Look at the order's version."""
        refusal = refuse(model, self.name, "the order never came to the version of %", "NEW.id")
        return (
            "IF EXISTS (SELECT 1 FROM sales_order changed WHERE changed.id = NEW.order_id "
            f"AND changed.version < NEW.version) THEN {refusal} END IF; RETURN NULL;"
        )


class ChangeOrderWrittenOnce(AppendOnly):
    """A change order is written once; its difference is filled in while it is open."""

    def get_func(self, model: Model) -> str:
        """Let the difference of an open one through."""
        others = differ("OLD", "NEW", kept_columns(model, {"difference"}))
        return (
            f"IF TG_OP = 'UPDATE' AND NOT ({others}) AND EXISTS (SELECT 1 FROM sales_order changed "
            "WHERE changed.id = OLD.order_id AND changed.version < OLD.version) THEN RETURN NEW; "
            f"END IF; {super().get_func(model)}"
        )


class AddsUp(DeferredTrigger):
    """The head of a document is the sum of its lines: detail, header discount, tax."""

    name = "adds_up"
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("detail", "discount", "tax")

    def get_func(self, model: Model) -> str:
        """Add the lines up."""
        table, owner = lines_of(model)
        return f"{add_up(model, table, owner, 'NEW.id')} RETURN NULL;"


class LinesAddUp(DeferredTrigger):
    """The head is still the sum of the lines after lines have changed."""

    def __init__(self, owner: str, operation: pgtrigger.Operation) -> None:
        """Name the field that leads to the document."""
        self.owner = owner
        super().__init__(name=f"adds_up_{str(operation).lower()}", operation=operation)

    def get_condition(self, model: Model) -> pgtrigger.Condition:
        """Only figures matter."""
        if self.operation == pgtrigger.Update:
            return pgtrigger.Condition(differ("OLD", "NEW", ["net", "header_discount", "tax"]))
        row = "NEW" if self.operation == pgtrigger.Insert else "OLD"
        return pgtrigger.Condition(
            f"{row}.net <> 0 OR {row}.header_discount <> 0 OR {row}.tax <> 0"
        )

    def get_func(self, model: Model) -> str:
        """Add the lines up, unless this was done since lines last changed."""
        owner = f"{self.owner}_id"
        key = f"{'OLD' if self.operation == pgtrigger.Delete else 'NEW'}.{owner}"
        document: Any = model._meta.get_field(self.owner).related_model
        state = f"{key}::text || '@' || current_setting('{LINES_TOUCHED}', true)"
        return (
            f"IF current_setting('{SUMMED}', true) = {state} THEN "
            f"RETURN NULL; END IF; {add_up(document, model._meta.db_table, owner, key)} "
            f"PERFORM set_config('{SUMMED}', {state}, true); RETURN NULL;"
        )


class InstalmentsAddUp(DeferredTrigger):
    """Instalments are added when an invoice is issued, and sum to its total."""

    name = "instalments_add_up"
    operation = pgtrigger.Insert

    def get_func(self, model: Model) -> str:
        """Add the parts up."""
        billed = model._meta.get_field("invoice").related_model
        sentence = "the instalments of % are not its total, or it is not issued"
        refusal = refuse(billed, self.name, sentence, "NEW.invoice_id")
        return (
            "IF EXISTS (SELECT 1 FROM sales_invoice billed WHERE billed.id = NEW.invoice_id "
            "AND (billed.status = 'draft' OR billed.total <> (SELECT SUM(amount) "
            "FROM sales_invoiceinstalment WHERE invoice_id = billed.id))) "
            f"THEN {refusal} END IF; RETURN NULL;"
        )


class NeverNegative(DeferredTrigger):
    """An issued document is negative neither in net nor in tax at any rate, nor in freight."""

    name = "never_negative"
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("status", "detail", "discount", "tax")

    def get_condition(self, model: Model) -> pgtrigger.Condition:
        """Lines of a draft may come one after the other, and a draft may be cancelled."""
        return pgtrigger.Condition("NEW.status NOT IN ('draft', 'cancelled')")

    def get_func(self, model: Model) -> str:
        """Add the lines of each rate up."""
        table, owner = lines_of(model)
        refusal = refuse(model, self.name, "% is negative at a tax rate", "NEW.id")
        ahead = f"kind = '{LineKind.FREIGHT}'"
        return (
            f"IF EXISTS (SELECT 1 FROM {table} WHERE {owner} = NEW.id "
            f"GROUP BY {ahead}, tax_rate HAVING SUM(tax) < 0 OR SUM(net - header_discount) "
            f"+ CASE WHEN {ahead} THEN NEW.freight ELSE 0 END < 0) "
            f"THEN {refusal} END IF; RETURN NULL;"
        )


class SharesSumToOne(DeferredTrigger):
    """The shares of payment terms with instalments sum to one."""

    name = "shares_sum_to_one"
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete

    def get_func(self, model: Model) -> str:
        """Add the shares up."""
        terms = model._meta.get_field("terms").related_model
        sentence = "the shares of % do not sum to one"
        refusal = refuse(terms, self.name, sentence, "COALESCE(NEW.terms_id, OLD.terms_id)")
        return (
            "IF (SELECT SUM(share_rate) FROM sales_instalment "
            "WHERE terms_id = COALESCE(NEW.terms_id, OLD.terms_id)) <> 1 "
            f"THEN {refusal} END IF; RETURN NULL;"
        )


class IssuedLinesKept(LookupTrigger):
    """Lines of an issued document are neither added, changed nor removed.

    ``moving`` fields may change, and so may an order's lines while a change order is open.
    """

    refusal = "% is a line of an issued document"

    def __init__(self, owner: str, operation: pgtrigger.Operation, moving: Collection[str]) -> None:
        """Name the field that leads to the document, and what may move."""
        self.owner, self.moving = owner, moving
        super().__init__(name=f"issued_lines_kept_{str(operation).lower()}", operation=operation)

    def refused_rows(self, model: Model) -> str:
        """Any change but of what may move."""
        if self.operation != pgtrigger.Update:
            return ""
        return differ("OLD", "NEW", kept_columns(model, self.moving))

    def is_wrong(self, model: Model) -> str:
        """Where the document is issued."""
        row = "OLD" if self.operation == pgtrigger.Delete else "NEW"
        document = model._meta.get_field(self.owner).related_model
        issued = f"head.id = {row}.{self.owner}_id AND head.status <> 'draft'"
        if document._meta.model_name == "order":
            issued += f" AND NOT {change_order_is_open('head')}"
        return f"EXISTS (SELECT 1 FROM {document._meta.db_table} head WHERE {issued})"


class StatementCounter(pgtrigger.Trigger):
    """Counts the statements that change lines, so that the sum is checked again after each."""

    name = "statement_counter"
    level = pgtrigger.Statement
    when = pgtrigger.Before
    operation = pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete
    func = (
        f"PERFORM set_config('{LINES_TOUCHED}', (COALESCE(NULLIF(current_setting("
        f"'{LINES_TOUCHED}', true), ''), '0')::bigint + 1)::text, true); RETURN NULL;"
    )


class KeepsSubmitted(LookupTrigger, KeepsColumns):
    """A submitted order keeps its columns unless a change order is open."""

    def is_wrong(self, model: Model) -> str:
        """Where no change order is open."""
        return f"NOT {change_order_is_open('OLD')}"


def change_order_is_open(order: str) -> str:
    """Write the SQL condition that a change order is open: written, its version not reached."""
    return (
        "EXISTS (SELECT 1 FROM sales_orderchange opened "
        f"WHERE opened.order_id = {order}.id AND opened.version > {order}.version)"
    )


def add_up(model: Model, table: str, owner: str, key: str) -> str:
    """Write the statement that refuses a document whose head is not the sum of its lines."""
    refusal = refuse(model, "adds_up", "the head of % is not the sum of its lines", key)
    return (
        f"IF EXISTS (SELECT 1 FROM {model._meta.db_table} head WHERE head.id = {key} "
        "AND (head.detail, head.discount, head.tax) <> (SELECT COALESCE(SUM(net), 0), "
        f"COALESCE(SUM(header_discount), 0), COALESCE(SUM(tax), 0) FROM {table} "
        f"WHERE {owner} = {key})) THEN {refusal} END IF;"
    )


def lines_of(model: Any) -> tuple[str, str]:
    """Return the table of a document's lines, and its column with the document's id."""
    relation = model._meta.get_field("lines")
    return relation.related_model._meta.db_table, relation.field.column


def keeps_issued(*moving: str, kind: type[KeepsColumns] = KeepsColumns) -> KeepsColumns:
    """Make the trigger that keeps an issued document as it is, but for the given fields."""
    return kind(name="keeps_issued", moving=(*MOVING, *moving), where="OLD.status <> 'draft'")


def line_triggers(owner: str, *moving: str) -> list[pgtrigger.Trigger]:
    """Make the triggers of a document's lines; the price list item may be deleted later."""
    moving = (*moving, "price_list_item")
    return [
        StatementCounter(),
        KeepsColumns(name="keeps_its_document", fields=[owner], refusal="% stays on its document"),
        *(
            trigger
            for operation in (pgtrigger.Insert, pgtrigger.Update, pgtrigger.Delete)
            for trigger in (
                IssuedLinesKept(owner, operation, moving),
                LinesAddUp(owner, operation),
            )
        ),
    ]
