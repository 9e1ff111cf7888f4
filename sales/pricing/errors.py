"""What can be wrong with a price, in a rep's words."""

from __future__ import annotations

from common.errors import DomainError


class PricingError(DomainError):
    """A figure that cannot be worked out; ``line`` is the key of the line it belongs to, if any."""

    code = "pricing_error"


class UnknownCurrency(PricingError):
    """ISO 4217 gives this code no smallest unit."""

    code = "unknown_currency"


class CurrencyMismatch(PricingError):
    """Two amounts that must share a currency do not."""

    code = "currency_mismatch"


class InvalidAmount(PricingError):
    """An amount that is no number, or larger than a document may carry."""

    code = "invalid_amount"


class InvalidDiscount(PricingError):
    """A discount that is negative, above 100 %, typed twice, or more than what it reduces."""

    code = "invalid_discount"


class DiscountAboveLimit(PricingError):
    """More is given off than the person may give."""

    code = "discount_above_limit"


class InvalidRate(PricingError):
    """A tax, exchange, markup or margin rate that has no meaning."""

    code = "invalid_rate"


class NoTaxRate(PricingError):
    """No tax rate holds for the line; it must not be taken for zero when a document is issued."""

    code = "no_tax_rate"


class QuantityNotAllowed(PricingError):
    """The product is not sold, shipped or invoiced in this quantity."""

    code = "quantity_not_allowed"


class MissingPrice(PricingError):
    """The line, or the price it is derived from, has no price."""

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
    """The line has no unit, or one that its product's unit group does not know."""

    code = "missing_unit"


class InvalidBands(PricingError):
    """Discount bands that overlap, or run backwards."""

    code = "invalid_bands"


class InvalidPromotion(PricingError):
    """The promotion code does not apply to this document."""

    code = "invalid_promotion"


class DuplicateLine(PricingError):
    """Two lines of one document share a key."""

    code = "duplicate_line"
