"""Row triggers of payments and customer credit: entries make the figures, none is overdrawn."""

from __future__ import annotations

import pgtrigger

from common.triggers import LookupTrigger, Model, refuse
from sales.models.triggers import DeferredTrigger


class PaymentsAddUp(DeferredTrigger):
    """What an invoice says was paid, given back, discounted and written off is its entries' sum."""

    name = "payments_add_up"

    def __init__(self, operation: pgtrigger.Operation, invoice: str) -> None:
        """Name the column that holds the invoice's id."""
        self.invoice = invoice
        super().__init__(operation=operation)

    def get_func(self, model: Model) -> str:
        """Add the payments up."""
        is_invoice = model._meta.model_name == "invoice"
        billed = model if is_invoice else model._meta.get_field("invoice").related_model
        refusal = refuse(billed, self.name, "the payments of % do not come to paid", self.invoice)
        return (
            f"IF EXISTS (SELECT 1 FROM sales_invoice billed WHERE billed.id = {self.invoice} "
            "AND (billed.paid, billed.discounted, billed.written_off, billed.refunded, "
            "billed.moved_to_credit) <> (SELECT "
            "COALESCE(SUM(amount) FILTER "
            "(WHERE kind IN ('payment', 'from_credit', 'correction')), 0), "
            "COALESCE(SUM(amount) FILTER (WHERE kind = 'early_payment'), 0), "
            "COALESCE(SUM(amount) FILTER (WHERE kind = 'write_off'), 0), "
            "COALESCE(-SUM(amount) FILTER (WHERE kind = 'refund'), 0), "
            "COALESCE(-SUM(amount) FILTER (WHERE kind = 'to_credit'), 0) "
            "FROM sales_payment WHERE invoice_id = billed.id)) "
            f"THEN {refusal} END IF; RETURN NULL;"
        )


class FitsInvoice(LookupTrigger):
    """Only an issued invoice is settled, from its day on; elsewhere it is the day before still."""

    name = "fits_invoice"
    operation = pgtrigger.Insert
    refusal = "% is not of an issued invoice, or before its day"

    def is_wrong(self, model: Model) -> str:
        """Where the invoice is another."""
        return (
            "EXISTS (SELECT 1 FROM sales_invoice billed WHERE billed.id = NEW.invoice_id "
            "AND (billed.status = 'draft' OR billed.kind <> 'invoice' "
            "OR NEW.received_on < billed.issued_on - 1))"
        )


class CreditIsEntered(DeferredTrigger):
    """What an invoice moves to customer credit, or takes from it, is an entry there."""

    name = "credit_is_entered"
    operation = pgtrigger.Insert

    def get_condition(self, model: Model) -> pgtrigger.Condition:
        """Only such payments matter."""
        return pgtrigger.Condition("NEW.kind IN ('to_credit', 'from_credit')")

    def get_func(self, model: Model) -> str:
        """Look for the entry."""
        refusal = refuse(model, self.name, "% is not an entry of customer credit", "NEW.id")
        return (
            "IF NOT EXISTS (SELECT 1 FROM sales_customercreditentry WHERE payment_id = NEW.id) "
            f"THEN {refusal} END IF; RETURN NULL;"
        )


class MirrorsPayment(LookupTrigger):
    """An entry of an invoice has its customer, company and currency, and the opposite amount."""

    name = "mirrors_payment"
    operation = pgtrigger.Insert
    refusal = "% is not the other side of its payment"

    def refused_rows(self, model: Model) -> str:
        """Those that belong to an invoice."""
        return "NEW.payment_id IS NOT NULL"

    def is_wrong(self, model: Model) -> str:
        """Where no payment is the other side."""
        return (
            "NOT EXISTS (SELECT 1 FROM sales_payment entry "
            "JOIN sales_invoice billed ON billed.id = entry.invoice_id "
            "WHERE entry.id = NEW.payment_id AND entry.amount = -NEW.amount "
            "AND entry.kind IN ('to_credit', 'from_credit') "
            "AND billed.account_id = NEW.account_id AND billed.company_id = NEW.company_id "
            "AND billed.currency = NEW.currency)"
        )


class NotOverdrawn(LookupTrigger):
    """Nobody takes out more than is there; who takes something out locks the account first."""

    name = "not_overdrawn"
    operation = pgtrigger.Insert
    refusal = "% is more than the customer has"

    def refused_rows(self, model: Model) -> str:
        """Those that take something out."""
        return "NEW.amount < 0"

    def locks(self, model: Model) -> str:
        """Let nobody else take anything out meanwhile."""
        return "PERFORM 1 FROM crm_account WHERE id = NEW.account_id FOR NO KEY UPDATE; "

    def is_wrong(self, model: Model) -> str:
        """Where less is there."""
        return (
            "NEW.amount + (SELECT COALESCE(SUM(amount), 0) FROM sales_customercreditentry "
            "WHERE account_id = NEW.account_id AND company_id = NEW.company_id "
            "AND currency = NEW.currency) < 0"
        )
