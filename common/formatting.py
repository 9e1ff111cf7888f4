"""Money, quantities, rates and days as readers write them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec

import moneyed
from babel import Locale
from babel import dates as babel_dates
from babel.numbers import NumberPattern, format_decimal, format_percent
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import get_language, gettext, ngettext

from common.sentences import Amount, Percentage, Sentence

READER_LOCALES = {"en": "en_GB"}
"""Languages whose readers we take to be of one country; others are used as they are."""

ONE = Decimal(1)
MOST_DIGITS = 60
"""Figures with more digits before the point are written as they came: no document holds them."""
EXACT = Context(prec=2 * MOST_DIGITS)
MINUS = "\N{MINUS SIGN}"
LETTER_BEFORE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
"""Where CLDR wants a space after a currency written in letters; Babel leaves it out."""


Params = ParamSpec("Params")
Written = Callable[Concatenate[Decimal, Params], str]


def exact(write: Written[Params]) -> Callable[Concatenate[Decimal | None, Params], str]:
    """Write any figure: all its digits before the point, none as a dash, huge ones as they came."""

    @wraps(write)
    def written(value: Decimal | None, /, *args: Params.args, **kwargs: Params.kwargs) -> str:
        if value is None:
            return "–"
        if not value.is_finite() or value.adjusted() > MOST_DIGITS:
            return str(value)
        with localcontext(EXACT):
            return write(value, *args, **kwargs)

    return written


def reader_locale() -> str:
    """Return Babel's name of the locale the current reader uses."""
    language = get_language() or "en"
    return READER_LOCALES.get(language, language.replace("-", "_"))


@lru_cache(maxsize=128)
def currency_digits(currency: str) -> int:
    """Digits of the smallest unit by ISO 4217; Babel's differ for some currencies."""
    sub_unit: int = moneyed.get_currency(currency).sub_unit
    return len(str(sub_unit)) - 1


@lru_cache(maxsize=256)
def _currency_pattern(locale: str, digits: int) -> NumberPattern:
    standard = Locale.parse(locale).currency_formats["standard"]
    return NumberPattern(
        standard.pattern,
        standard.prefix,
        standard.suffix,
        standard.grouping,
        standard.int_prec,
        (digits, digits),
        standard.exp_prec,
        standard.exp_plus,
    )


def _write(amount: Decimal, currency: str, digits: int) -> str:
    locale = reader_locale()
    text: str = _currency_pattern(locale, digits).apply(
        amount, Locale.parse(locale), currency=currency, currency_digits=False
    )
    spaced = LETTER_BEFORE_DIGIT.sub("\N{NO-BREAK SPACE}", text)
    return _with_minus(spaced)


def _with_minus(text: str) -> str:
    return text.replace("-", MINUS, 1)


@exact
def format_money(amount: Decimal, currency: str) -> str:
    """Write an amount with its currency and as many digits as the currency has.

    >>> format_money(Decimal("18657.37"), "EUR")
    '€18,657.37'
    """
    digits = currency_digits(currency)
    smallest_unit = Decimal(1).scaleb(-digits)
    return _write(amount.quantize(smallest_unit, rounding=ROUND_HALF_UP), currency, digits)


@exact
def format_price(price: Decimal, currency: str, price_quantity: Decimal = ONE) -> str:
    """Write a unit price: at least the currency's digits, at most the five we keep.

    >>> format_price(Decimal("12.5"), "EUR", Decimal(100))
    '€12.50 per 100'
    """
    written = _write(price, currency, min(max(currency_digits(currency), -_exponent(price)), 5))
    if price_quantity == ONE:
        return written
    units = format_quantity(price_quantity)
    return gettext("%(price)s per %(units)s") % {"price": written, "units": units}


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


@exact
def format_quantity(quantity: Decimal) -> str:
    """Write a quantity without trailing zeros."""
    return _with_minus(format_decimal(quantity, format="#,##0.#####", locale=reader_locale()))


@exact
def format_rate(rate: Decimal) -> str:
    """Write a fraction as a percentage: 0.055 is 5.5%."""
    return _with_minus(format_percent(rate, format="#,##0.###%", locale=reader_locale()))


@exact
def format_exact_rate(rate: Decimal) -> str:
    """Write a fraction as a percentage with all its decimals, as a refused one was typed.

    >>> format_exact_rate(Decimal("1.0000001"))
    '100.00001%'
    """
    locale = reader_locale()
    return _with_minus(
        format_percent(rate, format="#,##0.###%", locale=locale, decimal_quantization=False)
    )


def decimals_rule(currency: str) -> str:
    """Write how many decimals amounts in a currency have.

    >>> decimals_rule("EUR")
    'Amounts in EUR have at most 2 decimals.'
    """
    digits = currency_digits(currency)
    if not digits:
        return gettext("Amounts in %(currency)s have no decimals.") % {"currency": currency}
    return ngettext(
        "Amounts in %(currency)s have at most %(digits)d decimal.",
        "Amounts in %(currency)s have at most %(digits)d decimals.",
        digits,
    ) % {"currency": currency, "digits": digits}


def plain_number(value: Decimal | None) -> str:
    """Write a number for an input: the reader's decimal sign and no trailing zeros."""
    if value is None:
        return ""
    text = f"{value:f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return short.replace(".", str(get_format("DECIMAL_SEPARATOR")))


def plain_price(price: Decimal | None, currency: str, price_quantity: Decimal = ONE) -> str:
    """Write a unit price for an input: with the digits its currency has, at least.

    >>> plain_price(Decimal("12.5"), "EUR", Decimal(100))
    '12.50 / 100'
    """
    if price is None:
        return ""
    kept = min(max(currency_digits(currency), -_exponent(price)), 5)
    written = f"{price:.{kept}f}".replace(".", str(get_format("DECIMAL_SEPARATOR")))
    return written if price_quantity == ONE else f"{written} / {plain_number(price_quantity)}"


def format_day(day: dt.date | None) -> str:
    """Write a day as in '22 Nov 2026'."""
    if day is None:
        return "–"
    return babel_dates.format_date(day, "medium", locale=reader_locale())


def format_day_of(moment: dt.datetime) -> str:
    """Write the day of a moment in the reader's time zone."""
    return format_day(timezone.localdate(moment))


def format_moment(moment: dt.datetime | None) -> str:
    """Write a moment in the reader's time zone as in '22 Nov 2026, 14:05'."""
    if moment is None:
        return "–"
    local = timezone.localtime(moment)
    time = babel_dates.format_time(local, "short", locale=reader_locale())
    return f"{format_day(local.date())}, {time}"


def format_time(moment: dt.datetime) -> str:
    """Write a moment of today by its time to the second, as in '14:05:09'; others with the day."""
    local = timezone.localtime(moment)
    if local.date() != timezone.localdate():
        return format_moment(moment)
    return babel_dates.format_time(local, "HH:mm:ss", locale=reader_locale())


def format_ago(moment: dt.datetime | None) -> str:
    """Write how long ago (or how soon) a moment is."""
    if moment is None:
        return gettext("never")
    delta = moment - timezone.now()
    if abs(delta) < dt.timedelta(seconds=5):
        return gettext("just now")
    return babel_dates.format_timedelta(delta, add_direction=True, locale=reader_locale())


def format_due(day: dt.date, today: dt.date | None = None) -> str:
    """Write how far away a day is: 'today', 'in 3 days', '2 days late'."""
    days = (day - (today or timezone.localdate())).days
    if days == 0:
        return gettext("today")
    if days == 1:
        return gettext("tomorrow")
    if days > 0:
        return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
    return ngettext("%(days)d day late", "%(days)d days late", -days) % {"days": -days}


def format_sentence(sentence: Sentence) -> str:
    """Translate a sentence and write its values in it."""
    values = {name: _format_value(value) for name, value in sentence.values.items()}
    return gettext(sentence.template) % values


def _format_value(value: object) -> object:
    match value:
        case Percentage(rate):
            return format_exact_rate(rate)
        case Amount(figure, currency):
            return format_price(figure, currency)
        case Decimal():
            return format_quantity(value)
        case dt.date():
            return format_day(value)
    return value
