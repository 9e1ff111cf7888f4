"""Exchange rates of a day, and freezing one on a document."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.utils.translation import gettext

from common.read_cache import cached_read
from sales.models import AnyDocument, ExchangeRate
from sales.pricing.errors import NoExchangeRate
from sales.pricing.exchange import DatedRate, cross_rate
from sales.pricing.money import EXACT

ONE = Decimal(1)


class DayRates:
    """The exchange rates of a day; each pair of currencies is read once."""

    def __init__(self, day: dt.date) -> None:
        self._day = day
        self._known: dict[tuple[str, str], Decimal | None] = {}

    def find(self, base: str, currency: str) -> Decimal | None:
        """Return how many units of the currency one base unit buys, if that is known."""
        pair = (base, currency)
        if pair not in self._known:
            found = rate_between(base, currency, self._day)
            self._known[pair] = found.rate if found else None
        return self._known[pair]

    def rate(self, base: str, currency: str) -> Decimal:
        """Return what one base unit buys; refused where no rate is known, never taken for one."""
        rate = self.find(base, currency)
        if rate is None:
            raise NoExchangeRate(
                gettext(
                    "No exchange rate from %(base)s to %(currency)s is known: "
                    "an administrator enters it first."
                )
                % {"base": base, "currency": currency}
            )
        return rate

    def convert(self, amount: Decimal, base: str, currency: str) -> Decimal:
        """Express an amount in another currency; refused where no rate is known."""
        return EXACT.multiply(amount, self.rate(base, currency))


def freeze_exchange_rate(document: AnyDocument) -> None:
    """Put the newest known rate of the document's currency on it, with the day it is of.

    Rate = units of the document's currency per unit of the company's base currency. Without a
    known rate the draft keeps 1 and no date: the page shows it, and it cannot be issued.
    """
    day = document.company.today()
    known = rate_between(document.company.base_currency, document.currency, day)
    document.exchange_rate = known.rate if known else ONE
    document.exchange_rate_on = known.on if known else None


@cached_read
def rate_between(base: str, currency: str, day: dt.date) -> DatedRate | None:
    """Return how many units of the currency one base unit bought on the last day known by `day`.

    Rates that were quoted against a third currency, as the European Central Bank quotes all
    against the euro, are crossed, both sides of one day. Two statements at most.
    """
    if base == currency:
        return DatedRate(currency, day, ONE)
    quoted = _quoted(base, currency, day)
    reverse = ExchangeRate.objects.filter(base=currency, currency=base, valid_on__lte=day)
    turned = reverse.order_by("-valid_on").values_list("valid_on", "rate").first()
    if turned and (quoted is None or turned[0] > quoted.on):
        return DatedRate(currency, turned[0], cross_rate(ONE, turned[1]))
    return quoted


def _quoted(base: str, currency: str, day: dt.date) -> DatedRate | None:
    """Find the newest rate against the base itself, or against what the base is quoted in."""
    of_base: QuerySet[ExchangeRate] = ExchangeRate.objects.filter(
        base=OuterRef("base"), currency=base, valid_on=OuterRef("valid_on")
    )
    found = (
        ExchangeRate.objects.filter(currency=currency, valid_on__lte=day)
        .annotate(
            rate_of_base=Subquery(of_base.values("rate")[:1]),
            is_crossed=Case(When(base=base, then=Value(0)), default=Value(1)),
        )
        .filter(Q(base=base) | Q(rate_of_base__isnull=False))
        .order_by("-valid_on", "is_crossed")
        .values_list("base", "valid_on", "rate", "rate_of_base")
        .first()
    )
    if found is None:
        return None
    quoted_in, on, rate, rate_of_base = found
    direct = quoted_in == base or rate_of_base is None
    return DatedRate(currency, on, rate if direct else cross_rate(rate, rate_of_base))
