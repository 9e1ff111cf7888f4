"""Serializers of requests: only declared fields, money with its currency, records one may see."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import moneyed
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from phonenumber_field.phonenumber import to_python
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from common.amounts import is_finer, not_a_currency
from common.formatting import decimals_rule
from common.serializer_fields import NumberField
from common.serializer_sentences import put_sentences
from common.years import YearValidator
from sales.pricing.errors import InvalidQuantity
from sales.pricing.quantities import check_not_negative

MOST_DIGITS, DECIMALS = 17, 5
"""Of amounts and quantities: below a million million."""

DAYS = (serializers.DateField, serializers.DateTimeField)

UNKNOWN = _("There is no such record.")


class Input(serializers.Serializer[Any]):
    """A JSON object of declared fields; others, and those that only we write, are refused.

    Days and moments are of the years of ``common/years.py``.
    """

    takes_any_year = False

    default_error_messages = {"invalid": _("Send a JSON object, not {datatype}.")}  # noqa: RUF012  # as DRF has it

    def get_fields(self) -> dict[str, Any]:
        """Return the fields, which say in our sentences what is wrong with them."""
        fields: dict[str, Any] = super().get_fields()
        for name, field in fields.items():
            if isinstance(field, DAYS) and not self.takes_any_year:
                field.validators = [*field.validators, YearValidator()]
            put_sentences(field, name)
        return fields

    def to_internal_value(self, data: Any) -> Any:
        """Read the object."""
        if isinstance(data, Mapping) and (unknown := sorted(data.keys() - self.fields.keys())):
            refusal = self.not_declared(", ".join(sorted(self.fields)))
            raise ValidationError({name: [refusal] for name in unknown})
        return super().to_internal_value(data)

    def not_declared(self, declared: str) -> ErrorDetail:
        """Make the refusal of a name that is not declared."""
        refusal = gettext("There is no such field to write. The fields are: %(declared)s.")
        return ErrorDetail(refusal % {"declared": declared}, "unknown_field")


class Query(Input):
    """Declared parameters of a URL; others are refused: misspelt, one would return everything.

    Days and moments are of any year: 0001 asks for all.
    """

    takes_any_year = True

    def not_declared(self, declared: str) -> ErrorDetail:
        """Make the refusal of a name that is not declared."""
        refusal = gettext("There is no such parameter. The parameters are: %(declared)s.")
        return ErrorDetail(refusal % {"declared": declared}, "unknown_parameter")


class TextField(serializers.CharField):
    """A text, and no number or object in its place."""

    def to_internal_value(self, data: Any) -> str:
        """Read a text."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class DecimalTextField(NumberField):
    """A decimal number as a text, so that no reader rounds it."""

    default_error_messages = {"not_a_text": _('Write the number as a text, such as "2.5".')}  # noqa: RUF012  # as DRF has it

    def to_internal_value(self, data: Any) -> Any:
        """Read a number."""
        if not isinstance(data, str):
            self.fail("not_a_text")
        return super().to_internal_value(data)


class QuantityField(DecimalTextField):
    """A quantity: zero or more, since a line may be wanted later, or not at all any more."""

    def to_internal_value(self, data: Any) -> Any:
        """Read a quantity."""
        number = super().to_internal_value(data)
        try:
            check_not_negative(number)
        except InvalidQuantity as error:
            raise ValidationError(str(error), error.code) from error
        return number


def quantity(**options: Any) -> QuantityField:
    """Make a field for a quantity."""
    return QuantityField(max_digits=MOST_DIGITS, decimal_places=DECIMALS, **options)


class PercentField(DecimalTextField):
    """A percentage, read as a fraction: "5" is 0.05."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_digits=9,
            decimal_places=4,
            min_value=Decimal(0),
            max_value=Decimal(100),
            **options,
        )

    def to_internal_value(self, data: Any) -> Decimal:
        """Read a percentage."""
        return Decimal(super().to_internal_value(data)) / 100


class PhoneField(TextField):
    """A telephone number with its country code, or nothing."""

    default_error_messages = {  # noqa: RUF012  # as DRF has it
        "no_number": _('Write the number with its country code, such as "+33 2 40 20 10 10".')
    }

    def to_internal_value(self, data: Any) -> Any:
        """Read a number."""
        number = to_python(super().to_internal_value(data))
        if number and not number.is_valid():
            self.fail("no_number")
        return number or ""


class CountryField(TextField):
    """The ISO 3166 code of a country, or nothing."""

    default_error_messages = {"unknown": _("There is no country with this code.")}  # noqa: RUF012  # as DRF has it

    def to_internal_value(self, data: Any) -> str:
        """Read a code."""
        code = super().to_internal_value(data)
        if code and code not in dict(countries):
            self.fail("unknown")
        return code


class MoneyField(Input):
    """An amount with its currency; a price may be finer than its currency, other amounts not."""

    amount = DecimalTextField(max_digits=MOST_DIGITS, decimal_places=DECIMALS)
    currency = TextField(max_length=3)

    def __init__(self, *, is_price: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.is_price = is_price

    def to_internal_value(self, data: Any) -> Any:
        """Read an amount; of more decimals than any is refused by the rule of its currency."""
        try:
            return super().to_internal_value(data)
        except ValidationError as error:
            if self.is_price or not _is_too_fine(error) or not _is_currency(data.get("currency")):
                raise
            raise ValidationError({"amount": str(decimals_rule(data["currency"]))}) from None

    def validate(self, attrs: dict[str, Any]) -> Any:
        """Return it as ``Money``."""
        amount, code = attrs["amount"], attrs["currency"]
        try:
            currency = moneyed.get_currency(code)
        except moneyed.CurrencyDoesNotExist:
            raise ValidationError({"currency": not_a_currency(code)}) from None
        if not self.is_price and is_finer(amount, code):
            raise ValidationError({"amount": str(decimals_rule(code))})
        return moneyed.Money(amount, currency)


def _is_too_fine(error: ValidationError) -> bool:
    """Whether all that is wrong with an amount of money is how many decimals it has."""
    codes: Any = error.get_codes()
    return isinstance(codes, dict) and codes.get("amount") == ["max_decimal_places"]


def _is_currency(code: object) -> bool:
    return isinstance(code, str) and code in moneyed.CURRENCIES


class IdField(serializers.UUIDField):
    """An id as a text: a number is none."""

    def to_internal_value(self, data: Any) -> Any:
        """Read an id."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class RecordField(IdField):
    """The id of a record that the partner may see; read one by one, so not for lines."""

    default_error_messages = {"unknown": UNKNOWN}  # noqa: RUF012  # as DRF has it

    def __init__(self, records: Callable[[Any], models.QuerySet[Any]], **options: Any) -> None:
        super().__init__(**options)
        self.records = records

    def to_internal_value(self, data: Any) -> Any:
        """Return the record."""
        record = (
            self.records(self.context["actor"]).filter(pk=super().to_internal_value(data)).first()
        )
        if record is None:
            self.fail("unknown")
        return record


def read(
    serializer: type[serializers.Serializer[Any]],
    data: Any,
    *,
    partial: bool = False,
    **context: Any,
) -> dict[str, Any]:
    """Validate what was sent, and return it; ``partial`` asks for no field, and sets none."""
    found = serializer(data=data, context=context, partial=partial)
    found.is_valid(raise_exception=True)
    validated: dict[str, Any] = found.validated_data
    return validated


def amount_in(currency: str, money: moneyed.Money, *pointer: str | int) -> Decimal:
    """Return an amount in a document's currency; another currency is refused at its place."""
    if money.currency.code != currency:
        refusal = gettext("The document is in %(ours)s: give this amount in it, not in %(theirs)s.")
        values = {"ours": currency, "theirs": money.currency.code}
        raise ValidationError(
            _at([*pointer, "currency"], [ErrorDetail(refusal % values, "currency_mismatch")])
        )
    amount: Decimal = money.amount
    return amount


def _at(pointer: Sequence[str | int], errors: Any) -> Any:
    """Nest errors at their place, as those of serializers are."""
    for step in reversed(pointer):
        errors = {step: errors} if isinstance(step, str) else [*[{}] * step, errors]
    return errors
