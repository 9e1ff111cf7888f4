"""Errors of the sales use cases; those of figures are in ``sales.pricing.errors``."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from common.errors import DomainError, IllegalTransition
from common.sentences import Sentence
from common.sentences import sentence as _
from sales.models import Invoice, Order, OrderLine
from sales.pricing.errors import QuantityExceedsOpen


class NotDraft(IllegalTransition):
    """Only drafts are changed; issued documents are corrected by another document."""

    code = "not_draft"


class UnknownLine(DomainError):
    """The document has no such line."""

    code = "unknown_line"


class QuoteExpired(DomainError):
    """The last day on which the quote is valid has passed."""

    code = "quote_expired"


class WithoutOrder(DomainError):
    """The document, or the one that it is about, belongs to no order."""

    code = "without_order"


class NothingToInvoice(DomainError):
    """Nothing is left that this invoice could bill."""

    code = "nothing_to_invoice"


class ShippedElsewhere(DomainError):
    """Another system ships the orders of the company."""

    code = "shipped_elsewhere"


class BilledElsewhere(DomainError):
    """Another system bills the orders of the company."""

    code = "billed_elsewhere"


class DoesNotAddUp(DomainError):
    """The lines of a document of another system do not make the total that it says."""

    code = "does_not_add_up"


class NothingToCredit(DomainError):
    """Nothing is left on the invoice that could be credited."""

    code = "nothing_to_credit"


class NothingToPay(DomainError):
    """Nothing is left to pay on the invoice."""

    code = "nothing_to_pay"


class NothingToRefund(DomainError):
    """The customer paid no more than is asked for."""

    code = "nothing_to_refund"


class NothingToCorrect(DomainError):
    """No payment of the invoice has the reference."""

    code = "nothing_to_correct"


class AlreadyRefunded(IllegalTransition):
    """What was paid is refunded or customer credit already, in part or whole."""

    code = "already_refunded"


class NoCustomerCredit(DomainError):
    """The customer has no credit with the company in the currency."""

    code = "no_customer_credit"


class InvalidDay(DomainError):
    """The day is in the future, or before the document it is about."""

    code = "invalid_day"


class ReferenceTaken(DomainError):
    """The reference is recorded with another amount or another day."""

    code = "reference_taken"

    def __init__(self, message: str | Sentence, *, recorded: Decimal, field: str) -> None:
        super().__init__(message, field=field)
        self.recorded = recorded


class QuantityBelowDone(DomainError):
    """The quantity is less than what is shipped or billed already."""

    code = "quantity_below_done"

    def __init__(
        self, message: str, *, line: str | None = None, drafts: Sequence[Invoice] = ()
    ) -> None:
        super().__init__(message, field="quantity", line=line)
        self.drafts = drafts
        """Drafts that are deleted first."""


class OnHold(IllegalTransition):
    """The order is on hold."""

    code = "on_hold"


class NotOnHold(IllegalTransition):
    """The order is not on hold."""

    code = "not_on_hold"


class OverShipped(QuantityExceedsOpen):
    """More is shipped than was ordered."""

    code = "over_shipped"

    def __init__(self, line: OrderLine, shipped: Decimal) -> None:
        self.ordered = line.most_shipped
        self.shipped = shipped
        super().__init__(
            _(
                "%(line)s: %(shipped)s shipped in all, but only %(ordered)s are ordered.",
                line=line.description,
                shipped=shipped,
                ordered=self.ordered,
            ),
            line=str(line.pk),
        )


class OverReturned(QuantityExceedsOpen):
    """More is returned than was shipped."""

    code = "over_returned"

    def __init__(self, line: OrderLine, returned: Decimal, shipped: Decimal) -> None:
        super().__init__(
            _(
                "%(line)s: no more can come back than was shipped: %(returned)s of %(shipped)s.",
                line=line.description,
                returned=returned,
                shipped=shipped,
            ),
            line=str(line.pk),
        )


class AlreadyShipped(IllegalTransition):
    """Goods of the order are shipped, so it is not cancelled as a whole."""

    code = "already_shipped"


class AlreadyInvoiced(IllegalTransition):
    """The order is invoiced, in part or whole, so it is not cancelled as a whole."""

    code = "already_invoiced"


class NothingLeft(IllegalTransition):
    """Nothing would be left of the order: it is cancelled instead."""

    code = "nothing_left"

    def __init__(self, order: Order) -> None:
        super().__init__(_("Nothing of this order is shipped or billed: cancel it instead."))
        self.order = order


class AlreadyBilled(IllegalTransition):
    """The line is billed at other figures."""

    code = "already_billed"


class NothingToPrice(IllegalTransition):
    """All of the line came back and is never billed: nothing of it is left to price."""

    code = "nothing_to_price"


class DownPaymentDeducted(IllegalTransition):
    """The down payment is deducted on a later invoice."""

    code = "down_payment_deducted"


class DownPaymentNotIssued(IllegalTransition):
    """The invoice deducts a down payment that is a draft: issue that first."""

    code = "down_payment_not_issued"

    def __init__(self, message: str, drafts: Sequence[Invoice]) -> None:
        super().__init__(message)
        self.drafts = drafts


class FiguresDiffer(IllegalTransition):
    """The draft does not have the figures that its order gives."""

    code = "figures_differ"


class BelowBilled(IllegalTransition):
    """More is billed or asked for ahead than would be left of the order: credit that first."""

    code = "below_billed"

    def __init__(
        self, message: str, invoices: Sequence[Invoice], drafts: Sequence[Invoice] = ()
    ) -> None:
        super().__init__(message)
        self.invoices = invoices
        self.drafts = drafts
        """Drafts that ask for it too: those are deleted."""


class OpenQuotes(IllegalTransition):
    """An opportunity closes only when none of its quotes is draft or active."""

    code = "open_quotes"


class PartOfBundle(DomainError):
    """A part that is always in a bundle follows the bundle's line."""

    code = "part_of_bundle"


class PricesLocked(IllegalTransition):
    """The prices were agreed and stay until somebody with the right unlocks them."""

    code = "prices_locked"


class PricesNotLocked(IllegalTransition):
    """The prices are not locked."""

    code = "prices_not_locked"


class UnknownProduct(DomainError):
    """No product has this SKU or name."""

    code = "unknown_product"


class AmbiguousProduct(DomainError):
    """Several products match what was typed."""

    code = "ambiguous_product"


class NumberTaken(DomainError):
    """Another document has the number or reference, or two systems number in one form."""

    code = "number_taken"


def no_such_line(order: Order, line: str) -> UnknownLine:
    """Make the refusal of a line that an order does not have."""
    return UnknownLine(
        _("%(order)s has no such line: read the order again.", order=order), line=line
    )


def name_line(error: DomainError, line: str) -> None:
    """Begin the sentence of a refusal with the name of the line it is about."""
    error.message = _("%(line)s: %(problem)s", line=line, problem=error.message)


def billed_with_bundle(line: OrderLine) -> PartOfBundle:
    """Refuse to bill or credit a part by itself that is always in a bundle."""
    return PartOfBundle(
        _(
            "%(part)s belongs to the bundle %(bundle)s, and is billed and credited with it: choose "
            "the line of the bundle.",
            part=line.description,
            bundle=str(line.bundle_line),
        ),
        line=str(line.pk),
    )


def shipped_with_parts(bundle: OrderLine) -> PartOfBundle:
    """Refuse to ship or take back the line of a bundle, whose parts are shipped."""
    return PartOfBundle(
        _(
            "%(bundle)s is a bundle: give the quantities of its parts, which are shipped.",
            bundle=bundle.description,
        ),
        line=str(bundle.pk),
    )
