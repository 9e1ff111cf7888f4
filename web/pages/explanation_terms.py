"""Terms of explanations: the names of figures in formulas, translated one by one.

Pricing writes a formula as terms and signs, such as ``base − discount``, in English.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

TERMS = {
    "all amounts": _("all amounts"),
    "amount with tax": _("amount with tax"),
    "as typed": _("as typed"),
    "base": _("base"),
    "base with tax": _("base with tax"),
    "billed before": _("billed before"),
    "charge": _("charge"),
    "charge agreed": _("charge agreed"),
    "charge billed before": _("charge billed before"),
    "charge of the line": _("charge of the line"),
    "charge with tax": _("charge with tax"),
    "detail": _("detail"),
    "discount": _("discount"),
    "discount agreed": _("discount agreed"),
    "discount billed before": _("discount billed before"),
    "discount rate": _("discount rate"),
    "discount with tax": _("discount with tax"),
    "freight": _("freight"),
    "gross": _("gross"),
    "header amount": _("header amount"),
    "header discount": _("header discount"),
    "header discount agreed": _("header discount agreed"),
    "header discount billed before": _("header discount billed before"),
    "header discount with tax": _("header discount with tax"),
    "header rate": _("header rate"),
    "its part of what is left to take off": _("its part of what is left to take off"),
    "net": _("net"),
    "net agreed": _("net agreed"),
    "net billed before": _("net billed before"),
    "not known yet": _("not known yet"),
    "ordered": _("ordered"),
    "payable": _("payable"),
    "pre-freight": _("pre-freight"),
    "price quantity": _("price quantity"),
    "promotion": _("promotion"),
    "quantity": _("quantity"),
    "tax": _("tax"),
    "tax agreed": _("tax agreed"),
    "tax at": _("tax at"),
    "tax billed before": _("tax billed before"),
    "tax rate": _("tax rate"),
    "taxable": _("taxable"),
    "taxable agreed": _("taxable agreed"),
    "taxable billed before": _("taxable billed before"),
    "the order's tax at this rate": _("the order's tax at this rate"),
    "this tax rate's part of the amount, without its tax": _(
        "this tax rate's part of the amount, without its tax"
    ),
    "total": _("total"),
    "typed discount": _("typed discount"),
    "unit price": _("unit price"),
    "volume discount": _("volume discount"),
    "what is asked of it": _("what is asked of it"),
    "what is sold": _("what is sold"),
}

LONGEST_FIRST = sorted(TERMS, key=len, reverse=True)
TERM = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, LONGEST_FIRST))})(?![\w-])")


def translate_terms(formula: str) -> str:
    """Write a formula with its terms in the language of the reader."""
    return TERM.sub(lambda found: str(TERMS[found[0]]), formula)
