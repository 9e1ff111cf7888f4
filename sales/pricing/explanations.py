"""Explanations: how each figure of a document was computed, as data to show.

Nothing here is needed to price a document; the steps are computed again on demand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext

from common.sentences import Sentence
from common.sentences import sentence as _
from sales.pricing.documents import PricedDocument, PricedLine, TaxGroup, header_shares
from sales.pricing.lines import Terms, TypedLine, typed_line
from sales.pricing.money import EXACT, ONE, ZERO, Rounding, minor_units


@dataclass(frozen=True, slots=True)
class Step:
    """One figure: its formula, the value of each term, the result, and how it was rounded."""

    label: str
    formula: str
    values: Mapping[str, Decimal]
    result: Decimal
    remark: str | Sentence = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The steps of every line, by its key, and of the totals."""

    lines: Mapping[str, tuple[Step, ...]]
    totals: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _ExplainedLine:
    """A line as typed and as priced, with its share of the document's discount."""

    typed: TypedLine
    priced: PricedLine
    share: Decimal
    whole: tuple[str, Decimal]
    """What the document's discount is given on: its name and amount."""
    terms: Terms

    @property
    def payable(self) -> Decimal:
        return self.typed.amount - self.share

    @property
    def rate(self) -> Decimal:
        return self.typed.source.tax_rate or ZERO


def explain_document(document: PricedDocument) -> Explanation:
    """Explain how a priced document's figures were computed."""
    terms = document.terms
    with localcontext(EXACT):
        typed = [typed_line(line, terms) for line in document.inputs if line.counts]
        shares = header_shares(typed, terms)
        sold = [line for line in typed if not line.source.is_deduction]
        name = "all amounts" if terms.prices_include_tax else "detail"
        whole = (
            name if len(sold) == len(typed) else _SOLD,
            sum((line.amount for line in sold), ZERO),
        )
        priced = {line.key: line for line in document.lines}
        explain = _before_tax_steps if terms.prices_include_tax else _plain_steps
        lines: dict[str, tuple[Step, ...]] = {line.key: () for line in document.inputs}
        for line, share in zip(typed, shares, strict=True):
            key = line.source.key
            lines[key] = tuple(explain(_ExplainedLine(line, priced[key], share, whole, terms)))
        return Explanation(lines, tuple(_total_steps(document)))


def _plain_steps(explained: _ExplainedLine) -> list[Step]:
    priced = explained.priced
    net = {"base": priced.base, "discount": priced.discount} | _charge("charge", priced.charge)
    taxable = {"net": priced.net, "header discount": explained.share}
    return [
        _base_step("base", explained),
        *_discount_steps("discount", "base", explained),
        *_charge_steps("charge", explained),
        Step("net", _sum("base − discount", "charge", priced.charge), net, priced.net),
        *_share_steps("header discount", "net", explained),
        Step("taxable", "net − header discount", taxable, priced.taxable),
        _tax_step("taxable × tax rate", {"taxable": priced.taxable}, explained),
        _gross_step(priced),
    ]


def _before_tax_steps(explained: _ExplainedLine) -> list[Step]:
    line = explained.typed
    with_tax = "charge with tax"
    amount = {"base with tax": line.base, "discount with tax": line.discount} | _charge(
        with_tax, line.charge
    )
    typed = _sum("base with tax − discount with tax", with_tax, line.charge)
    less_share = {"amount with tax": line.amount, "header discount with tax": explained.share}
    payable = explained.payable
    return [
        _base_step("base with tax", explained),
        *_discount_steps("discount with tax", "base with tax", explained),
        *_charge_steps(with_tax, explained),
        Step("amount with tax", typed, amount, line.amount),
        *_share_steps("header discount with tax", "amount with tax", explained),
        Step("payable", "amount with tax − header discount with tax", less_share, payable),
        _tax_step("payable × tax rate ÷ (1 + tax rate)", {"payable": payable}, explained),
        *_taken_out_steps(explained),
        _gross_step(explained.priced),
    ]


def _taken_out_steps(explained: _ExplainedLine) -> list[Step]:
    """Show what is left of the typed figures once the tax is out of them."""
    priced = explained.priced
    payable = {"payable": explained.payable, "tax": priced.tax}
    net = {"taxable": priced.taxable, "header discount": priced.header_discount}
    base = {"net": priced.net, "discount": priced.discount} | _charge("charge", priced.charge)
    return [
        Step("taxable", "payable − tax", payable, priced.taxable),
        _without_tax_step("header discount", explained.share, priced.header_discount, explained),
        Step("net", "taxable + header discount", net, priced.net),
        _without_tax_step("discount", explained.typed.discount, priced.discount, explained),
        *_charge_without_tax_steps(explained),
        Step("base", _sum("net + discount", "charge", priced.charge, "−"), base, priced.base),
    ]


def _charge(label: str, charge: Decimal) -> dict[str, Decimal]:
    return {label: charge} if charge else {}


def _sum(formula: str, label: str, charge: Decimal, sign: str = "+") -> str:
    """Add the charge to a formula, where there is one."""
    return f"{formula} {sign} {label}" if charge else formula


def _charge_steps(label: str, explained: _ExplainedLine) -> list[Step]:
    """Show the charge as it was given, if there is one."""
    line = explained.typed
    values = {"charge of the line": line.source.charge}
    step = Step(label, "charge of the line", values, line.charge, _rule(explained.terms))
    return [step] if line.charge else []


def _charge_without_tax_steps(explained: _ExplainedLine) -> list[Step]:
    """Take the tax out of the charge; what that loses of the line's cents is moved to its base."""
    with_tax, charge = explained.typed.charge, explained.priced.charge
    if not with_tax:
        return []
    step = _without_tax_step("charge", with_tax, charge, explained)
    fits = charge == explained.terms.round(with_tax / (1 + explained.rate))
    return [step if fits else replace(step, remark=_UP_OR_DOWN)]


def _without_tax_step(
    label: str, with_tax: Decimal, result: Decimal, explained: _ExplainedLine
) -> Step:
    formula = f"{label} with tax ÷ (1 + tax rate)"
    values = {f"{label} with tax": with_tax, "tax rate": explained.rate}
    return Step(label, formula, values, result, _rule(explained.terms))


def _base_step(label: str, explained: _ExplainedLine) -> Step:
    source = explained.typed.source
    formula = "quantity × unit price"
    values = {"quantity": source.quantity, "unit price": source.unit_price}
    if source.volume_discount:
        formula = "quantity × (unit price − volume discount)"
        values["volume discount"] = source.volume_discount
    if source.price_quantity != ONE:
        formula += " ÷ price quantity"
        values["price quantity"] = source.price_quantity
    return Step(label, formula, values, explained.typed.base, _rule(explained.terms))


def _discount_steps(label: str, base: str, explained: _ExplainedLine) -> list[Step]:
    line, source = explained.typed, explained.typed.source
    if not line.discount:
        return []
    formulas: list[str] = []
    values: dict[str, Decimal] = {}
    if source.discount_rate:
        formulas.append(f"{base} × discount rate")
        values |= {base: line.base, "discount rate": source.discount_rate}
    elif source.discount_amount and explained.terms.per_unit_discount:
        formulas.append("typed discount × quantity")
        values |= {"typed discount": source.discount_amount, "quantity": source.quantity}
    elif source.discount_amount:
        formulas.append("typed discount")
        values["typed discount"] = source.discount_amount
    if source.promotion_discount:
        formulas.append("promotion")
        values["promotion"] = source.promotion_discount
    return [Step(label, " + ".join(formulas), values, line.discount, _rule(explained.terms))]


def _share_steps(label: str, own: str, explained: _ExplainedLine) -> list[Step]:
    """Show the line's part of the header discount, if there is one."""
    terms, (whole, detail) = explained.terms, explained.whole
    if explained.typed.source.is_deduction or not (terms.discount_amount or terms.discount_rate):
        return []
    formula, values = _header_formula(own, explained.typed.amount, terms)
    if terms.discount_amount:
        formula = formula.replace("header amount", f"header amount × {own} ÷ {whole}")
        values |= {own: explained.typed.amount, whole: detail}
    return [Step(label, formula, values, explained.share, _UP_OR_DOWN)]


def _header_formula(on: str, value: Decimal, terms: Terms) -> tuple[str, dict[str, Decimal]]:
    formulas: list[str] = []
    values: dict[str, Decimal] = {}
    if terms.discount_amount:
        formulas.append("header amount")
        values["header amount"] = terms.round(terms.discount_amount)
    if terms.discount_rate:
        formulas.append(f"{on} × header rate")
        values |= {on: value, "header rate": terms.discount_rate}
    return " + ".join(formulas), values


def _tax_step(formula: str, values: dict[str, Decimal], explained: _ExplainedLine) -> Step:
    if explained.typed.source.tax_rate is None:
        return Step("tax", "not known yet", {}, explained.priced.tax)
    values = values | {"tax rate": explained.rate}
    return Step("tax", formula, values, explained.priced.tax, _UP_OR_DOWN)


def _gross_step(priced: PricedLine) -> Step:
    return Step("gross", "net + tax", {"net": priced.net, "tax": priced.tax}, priced.gross)


def _total_steps(document: PricedDocument) -> list[Step]:
    totals, terms = document.totals, document.terms
    nets = {line.key: line.net for line in document.lines}
    steps = [Step("detail", "Σ net", nets, totals.detail)]
    if totals.discount:
        steps.append(_header_discount_step(document))
    return [
        *steps,
        Step(
            "pre-freight",
            "detail − discount",
            {"detail": totals.detail, "discount": totals.discount},
            totals.pre_freight,
        ),
        *(_group_step(group, terms) for group in totals.tax_groups),
        Step("tax", "Σ tax", {line.key: line.tax for line in document.lines}, totals.tax),
        Step(
            "total",
            "pre-freight + freight + tax",
            {"pre-freight": totals.pre_freight, "freight": totals.freight, "tax": totals.tax},
            totals.total,
        ),
    ]


def _header_discount_step(document: PricedDocument) -> Step:
    totals, terms = document.totals, document.terms
    if terms.prices_include_tax:
        shares = {line.key: line.header_discount for line in document.lines}
        return Step("discount", "Σ header discount", shares, totals.discount)
    deductions = {line.key for line in document.inputs if line.is_deduction}
    sold = sum((line.net for line in document.lines if line.key not in deductions), ZERO)
    formula, values = _header_formula(_SOLD if deductions else "detail", sold, terms)
    return Step("discount", formula, values, totals.discount, _rule(terms))


def _group_step(group: TaxGroup, terms: Terms) -> Step:
    label = f"tax at {(group.rate * 100).normalize():f} %"
    if terms.prices_include_tax:
        values = {"payable": group.taxable + group.tax, "tax rate": group.rate}
        formula = "payable × tax rate ÷ (1 + tax rate)"
    else:
        values = {"taxable": group.taxable, "tax rate": group.rate}
        formula = "taxable × tax rate"
    return Step(label, formula, values, group.tax, _rule(terms))


_SOLD = "what is sold"
"""What the discount on everything is given on, where a trade-in or a rebate is taken off too."""

_UP_OR_DOWN = _("rounded up or down so that the lines make the header's figure")


def _rule(terms: Terms) -> Sentence:
    digits = minor_units(terms.currency)
    if terms.rounding == Rounding.HALF_EVEN:
        return _("rounded half to even to %(digits)d decimals", digits=digits)
    return _("rounded half up to %(digits)d decimals", digits=digits)
