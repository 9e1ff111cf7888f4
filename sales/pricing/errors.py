"""Pricing errors: what is wrong with a quantity, a price, a discount or a rate."""

from __future__ import annotations

from common.errors import DomainError


class PricingError(DomainError):
    """Base of the errors of pricing, never raised itself; ``line`` is the key of the line."""


class UnknownCurrency(PricingError):
    """ISO 4217 gives this code no smallest unit."""

    code = "unknown_currency"


class CurrencyMismatch(PricingError):
    """Two amounts that must share a currency do not."""

    code = "currency_mismatch"


class NoExchangeRate(PricingError):
    """No exchange rate between the two currencies is known on the day."""

    code = "no_exchange_rate"


class InvalidAmount(PricingError):
    """The amount is no number, negative, too large, or has more decimals than its currency."""

    code = "invalid_amount"


class NoLines(PricingError):
    """The document has no line that counts."""

    code = "no_lines"


class NotForThisLine(PricingError):
    """A line of its kind has no such field: a trade-in has neither discount nor charge."""

    code = "not_for_this_line"


class ConflictingFields(PricingError):
    """Two fields are given of which only one may be."""

    code = "conflicting_fields"


class NegativeTotal(PricingError):
    """What is sold comes to less than the trade-ins and rebates that are taken off it."""

    code = "negative_total"


class AmountExceedsOpen(PricingError):
    """The amount is more than what is open to invoice, credit or refund."""

    code = "amount_exceeds_open"


class InvalidQuantity(PricingError):
    """The quantity is no number, negative, or zero where some is needed; or a price is for none."""

    code = "invalid_quantity"


class QuantityNotAllowed(PricingError):
    """The product is not sold in this quantity: whole units only, or fewer decimals."""

    code = "quantity_not_allowed"


class QuantityExceedsOpen(PricingError):
    """The quantity is more than what is open to ship, invoice, credit or return."""

    code = "quantity_exceeds_open"


class InvalidDiscount(PricingError):
    """The discount is no number, negative, too fine, above 100%, or more than what it reduces."""

    code = "invalid_discount"


class DiscountAboveLimit(PricingError):
    """The discount is above what the person, or anybody, may give."""

    code = "discount_above_limit"


class NoListPrice(PricingError):
    """No list price is known that the typed price could be measured against."""

    code = "no_list_price"


class InvalidRate(PricingError):
    """A tax, exchange, markup, margin or down payment rate is out of its range."""

    code = "invalid_rate"


class NoTaxRate(PricingError):
    """No tax rate is known for the line; it is never taken for zero."""

    code = "no_tax_rate"


class AmbiguousTaxRate(PricingError):
    """Several tax rates hold for the line on the day."""

    code = "ambiguous_tax_rate"


class MissingPrice(PricingError):
    """The line has no price, or its list price is derived from a cost nobody entered."""

    code = "missing_price"


class ProductNotInPriceList(PricingError):
    """The price list does not hold the product in the chosen unit."""

    code = "product_not_in_price_list"


class InactiveProduct(PricingError):
    """The product is not sold on the day in question."""

    code = "inactive_product"


class InactivePriceList(PricingError):
    """The price list is not in force on the day in question."""

    code = "inactive_price_list"


class MissingUnit(PricingError):
    """The line has no unit."""

    code = "missing_unit"


class WrongUnit(PricingError):
    """The product is not counted in this unit."""

    code = "wrong_unit"


class InvalidBands(PricingError):
    """The bands of a discount list overlap or run backwards."""

    code = "invalid_bands"


class InvalidPaymentTerms(PricingError):
    """The shares of the payment terms do not add up to the whole."""

    code = "invalid_payment_terms"


class InvalidPromotion(PricingError):
    """The promotion code does not apply to this document."""

    code = "invalid_promotion"


class UnknownPromotion(PricingError):
    """There is no such promotion code, or it was not given for this document."""

    code = "unknown_promotion"


class PromotionUsedUp(PricingError):
    """The promotion code was used as often as it may be."""

    code = "promotion_used_up"


class DuplicateLine(PricingError):
    """Two lines of one document share a key."""

    code = "duplicate_line"
