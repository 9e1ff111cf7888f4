"""Property tests of document arithmetic, in yen, euros and dinars."""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sales.pricing.documents import LineInput, PricedDocument, Terms, line_amounts, price_document
from sales.pricing.explanations import Step, explain_document
from sales.pricing.money import EXACT, Rounding, minor_units
from tests.sales.pricing.strategies import documents, negated

ANY_DOCUMENT = st.one_of(documents(), documents(returns=True), documents(deductions=True))
SALE = documents()
PLAIN_SALE = documents(include_tax=False)


@settings(max_examples=150)
@given(ANY_DOCUMENT)
def test_makes_the_header_the_sum_of_the_lines(
    drawn: tuple[list[LineInput], dict[str, Any]],
) -> None:
    lines, terms = drawn

    document = price_document(lines, **terms)

    totals = document.totals
    assert totals.detail == sum(line.net for line in document.lines)
    assert totals.discount == sum(line.header_discount for line in document.lines)
    assert totals.pre_freight == sum(line.taxable for line in document.lines)
    assert totals.tax == sum(line.tax for line in document.lines)
    assert totals.tax == sum(group.tax for group in totals.tax_groups)
    assert totals.pre_freight == totals.detail - totals.discount
    assert totals.total == totals.pre_freight + totals.freight + totals.tax
    assert totals.total == (
        sum(line.gross - line.header_discount for line in document.lines) + totals.freight
    )


@settings(max_examples=100)
@given(ANY_DOCUMENT)
def test_adds_each_line_up_in_the_currency_s_digits(
    drawn: tuple[list[LineInput], dict[str, Any]],
) -> None:
    lines, terms = drawn

    document = price_document(lines, **terms)

    for line in document.lines:
        assert line.net == line.base - line.discount + line.charge
        assert line.taxable == line.net - line.header_discount
        assert line.gross == line.net + line.tax
    for figure in all_figures(document):
        assert figure.as_tuple().exponent == -minor_units(terms["currency"])
        assert not (figure.is_zero() and figure.is_signed())


@settings(max_examples=100)
@given(SALE)
def test_never_turns_a_sale_s_figure_negative(
    drawn: tuple[list[LineInput], dict[str, Any]],
) -> None:
    lines, terms = drawn

    document = price_document(lines, **terms)

    assert min(all_figures(document)) >= 0


@settings(max_examples=100)
@given(documents(deductions=True))
def test_never_turns_the_sign_of_a_figure_because_something_is_deducted(
    drawn: tuple[list[LineInput], dict[str, Any]],
) -> None:
    lines, terms = drawn

    document = price_document(lines, **terms)

    for line, priced in zip(lines, document.lines, strict=True):
        figures = [getattr(priced, field.name) for field in dataclasses.fields(priced)[1:]]
        if line.is_deduction:
            assert max(figures) <= 0
            assert priced.discount == priced.header_discount == 0
        else:
            assert min(figures) >= 0
            assert priced.header_discount <= priced.net


@settings(max_examples=100)
@given(ANY_DOCUMENT, st.randoms())
def test_does_not_care_in_which_order_the_lines_come(
    drawn: tuple[list[LineInput], dict[str, Any]], random: Any
) -> None:
    lines, terms = drawn
    shuffled = random.sample(lines, len(lines))

    document, other = price_document(lines, **terms), price_document(shuffled, **terms)

    assert {line.key: line for line in document.lines} == {line.key: line for line in other.lines}
    assert document.totals == other.totals


@settings(max_examples=100)
@given(ANY_DOCUMENT)
def test_mirrors_a_sale_in_its_credit(drawn: tuple[list[LineInput], dict[str, Any]]) -> None:
    lines, terms = drawn
    mirrored_terms = terms | {
        "discount_amount": -terms["discount_amount"],
        "freight": -terms["freight"],
    }

    document = price_document(lines, **terms)
    mirrored = [negated(line, Terms(**terms)) for line in lines]
    credit = price_document(mirrored, **mirrored_terms)

    assert [-figure for figure in all_figures(document)] == all_figures(credit)


@settings(max_examples=100)
@given(ANY_DOCUMENT)
def test_taxes_each_rate_once_on_its_sum(
    drawn: tuple[list[LineInput], dict[str, Any]],
) -> None:
    lines, terms = drawn

    document = price_document(lines, **terms)

    taxable: dict[Decimal, Decimal] = {}
    for line, priced in zip(lines, document.lines, strict=True):
        if line.counts and line.tax_rate is not None:
            taxable[line.tax_rate] = taxable.get(line.tax_rate, Decimal(0)) + priced.taxable
    assert {group.rate: group.taxable for group in document.totals.tax_groups} == taxable
    for group in document.totals.tax_groups:
        exact, whole = Fraction(group.taxable), Fraction(group.rate)
        if terms["prices_include_tax"]:
            exact, whole = exact + Fraction(group.tax), whole / (1 + whole)
        expected = slowly_rounded(exact * whole, terms["currency"], terms["rounding"])
        assert Fraction(group.tax) == expected


@settings(max_examples=100)
@given(documents(include_tax=True))
def test_comes_to_what_was_typed_where_prices_include_tax(
    drawn: tuple[list[LineInput], dict[str, Any]],
) -> None:
    lines, terms = drawn
    typed = sum(line_amounts(lines, Terms(**terms)).values(), Decimal(0))
    typed += sum(line.charge for line in lines if line.counts)
    with localcontext(EXACT):
        exact = Fraction(terms["discount_amount"]) + Fraction(typed) * Fraction(
            terms["discount_rate"]
        )
    discount = slowly_rounded(exact, terms["currency"], terms["rounding"])

    document = price_document(lines, **terms)

    assert Fraction(document.totals.total) == (
        Fraction(typed) - discount + Fraction(terms["freight"])
    )


@settings(max_examples=100)
@given(
    st.one_of(
        PLAIN_SALE,
        documents(include_tax=False, returns=True),
        documents(include_tax=False, deductions=True),
    )
)
def test_agrees_with_a_slow_reference_in_fractions(
    drawn: tuple[list[LineInput], dict[str, Any]],
) -> None:
    lines, terms = drawn
    reference = SlowDocument(lines, terms)

    document = price_document(lines, **terms)

    for line in document.lines:
        assert line.base == reference.base[line.key]
        assert line.charge == reference.charge[line.key]
        assert line.net == reference.net[line.key]
        assert abs(Fraction(line.header_discount) - reference.share[line.key]) < reference.unit
        exact_tax = Fraction(line.taxable) * reference.tax_rate[line.key]
        assert abs(Fraction(line.tax) - exact_tax) < reference.unit
    assert document.totals.discount == reference.discount


@settings(max_examples=75)
@given(ANY_DOCUMENT)
def test_explains_each_figure_so_that_one_can_follow_it(
    drawn: tuple[list[LineInput], dict[str, Any]],
) -> None:
    lines, terms = drawn
    document = price_document(lines, **terms)

    explanation = explain_document(document)

    for line in document.lines:
        steps = {step.label: step for step in explanation.lines[line.key]}
        for step in steps.values():
            assert_follows(step, terms)
        for label, step in steps.items():
            if hasattr(line, label.replace(" ", "_")):
                assert step.result == getattr(line, label.replace(" ", "_"))
    for step in explanation.totals:
        assert_follows(step, terms)


@settings(max_examples=150)
@given(ANY_DOCUMENT, st.sampled_from([Decimal(100), Decimal(1000), Decimal("0.1"), Decimal("2.5")]))
def test_prices_so_many_units_at_once_as_it_prices_each(
    drawn: tuple[list[LineInput], dict[str, Any]], units: Decimal
) -> None:
    lines, terms = drawn
    by_the_hundred = [
        dataclasses.replace(
            line,
            unit_price=line.unit_price * units,
            volume_discount=line.volume_discount * units,
            price_quantity=line.price_quantity * units,
        )
        for line in lines
    ]

    document, other = price_document(lines, **terms), price_document(by_the_hundred, **terms)

    assert (document.lines, document.totals) == (other.lines, other.totals)


def assert_follows(step: Step, terms: dict[str, Any]) -> None:
    """Work a step's formula out again with its values."""
    if not step.values:
        assert step.result == 0
        return
    if step.formula.startswith("Σ"):
        assert step.result == sum(step.values.values())
        return
    exact = worked_out(step)
    if "up or down" in str(step.remark):
        assert abs(Fraction(step.result) - exact) < Fraction(
            1, 10 ** minor_units(terms["currency"])
        )
    elif step.remark and " + " not in step.formula:
        rounded = slowly_rounded(exact, terms["currency"], terms["rounding"])
        assert Fraction(step.result) == rounded
    elif not step.remark:
        assert Fraction(step.result) == exact


def worked_out(step: Step) -> Fraction:
    """Evaluate a formula whose words are the names of the values."""
    formula = step.formula.replace("×", "*").replace("÷", "/").replace("−", "-")
    figures = {}
    for place, name in enumerate(sorted(step.values, key=len, reverse=True)):
        formula = formula.replace(name, f"v{chr(ord('A') + place)}")
        figures[f"v{chr(ord('A') + place)}"] = Fraction(step.values[name])
    result = eval(formula, {"__builtins__": {}}, figures)  # noqa: S307  # our own formulas
    assert isinstance(result, Fraction | int)
    return Fraction(result)


def all_figures(document: PricedDocument) -> list[Decimal]:
    """List every amount of a document."""
    figures: list[Decimal] = []
    for line in document.lines:
        figures += [getattr(line, field.name) for field in dataclasses.fields(line)[1:]]
    totals = document.totals
    figures += [getattr(totals, field.name) for field in dataclasses.fields(totals)[:-1]]
    for group in totals.tax_groups:
        figures += [group.taxable, group.tax]
    return figures


def slowly_rounded(exact: Fraction, currency: str, rounding: Rounding) -> Fraction:
    """Round with whole numbers only, as one would on paper."""
    scale = 10 ** minor_units(currency)
    size = abs(exact) * scale
    units, rest = math.floor(size), size - math.floor(size)
    half = Fraction(1, 2)
    if rest > half or (rest == half and (rounding == Rounding.HALF_UP or units % 2)):
        units += 1
    return Fraction(units if exact >= 0 else -units, scale)


class SlowDocument:
    """Prices before tax worked out in fractions, with no allocation at all."""

    def __init__(self, lines: list[LineInput], terms: dict[str, Any]) -> None:
        self.unit = Fraction(1, 10 ** minor_units(terms["currency"]))
        self.base: dict[str, Fraction] = {}
        self.net: dict[str, Fraction] = {}
        self.charge = {line.key: line.charge if line.counts else Decimal(0) for line in lines}
        self.tax_rate = {line.key: Fraction(line.tax_rate or 0) for line in lines}

        def rounded(exact: Fraction) -> Fraction:
            return slowly_rounded(exact, terms["currency"], terms["rounding"])

        for line in lines:
            price = Fraction(line.unit_price) - Fraction(line.volume_discount)
            base = rounded(Fraction(line.quantity) * price / Fraction(line.price_quantity))
            units = Fraction(line.quantity if terms["per_unit_discount"] else 1)
            discount = rounded(Fraction(line.discount_amount or 0) * units)
            discount += rounded(base * Fraction(line.discount_rate or 0))
            self.base[line.key] = base if line.counts else Fraction(0)
            net = base - discount + Fraction(line.charge)
            self.net[line.key] = net if line.counts else Fraction(0)
        sold = {line.key: self.net[line.key] for line in lines if not line.is_deduction}
        detail = sum(sold.values(), Fraction(0))
        amount, rate = Fraction(terms["discount_amount"]), Fraction(terms["discount_rate"])
        self.discount = rounded(amount + detail * rate)
        per_unit = rate + (amount / detail if detail else 0)
        self.share = {key: sold.get(key, Fraction(0)) * per_unit for key in self.net}
