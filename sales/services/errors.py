"""Why a sales deed is refused."""

from __future__ import annotations

from common.errors import DomainError, IllegalTransition


class NotDraft(IllegalTransition):
    """Only drafts are edited; issued documents are corrected by another document."""

    code = "not_draft"


class NoLines(DomainError):
    """A document without a line that counts promises nothing."""

    code = "no_lines"


class MissingField(DomainError):
    """Something a document must say is not there."""

    code = "missing_field"


class QuoteExpired(DomainError):
    """The offer no longer stands."""

    code = "quote_expired"


class NothingToInvoice(DomainError):
    """There is no quantity left that this invoice could bill."""

    code = "nothing_to_invoice"


class TooMuch(DomainError):
    """More than what is open was asked for."""

    code = "quantity_exceeds_open"


class OnHold(IllegalTransition):
    """The order is on hold."""

    code = "on_hold"


class AlreadyShipped(IllegalTransition):
    """What has left the house cannot be taken back by a word."""

    code = "already_shipped"


class OpenQuotes(IllegalTransition):
    """An opportunity closes only when none of its quotes is draft or active."""

    code = "open_quotes"


class PartOfBundle(DomainError):
    """A part that is always in a bundle follows the bundle's line."""

    code = "part_of_bundle"


class PricesLocked(IllegalTransition):
    """The prices were agreed and stay until somebody with the right unlocks them."""

    code = "prices_locked"
