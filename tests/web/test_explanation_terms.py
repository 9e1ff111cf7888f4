"""Terms of explanations: every word of a formula is one that is translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from sales.models import Invoice, Order
from sales.pricing.documents import LineInput, price_document
from sales.pricing.explanations import Explanation, Step, explain_document
from sales.services.billing.down_payments import invoice_down_payment
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import change_head
from sales.services.explanations import explain
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.prices.pricing_input import lines_of
from tests.factories import Market
from tests.sales.order_steps import drafted, trade_in
from tests.sales.pricing.strategies import documents
from web.pages.explanation_terms import TERM, translate_terms

LETTERS = re.compile(r"[A-Za-z]")


def words_left(explanation: Explanation, keys: set[str]) -> set[str]:
    """What is English in an explanation and no term; keys name lines, not figures."""
    texts = {text for step in steps(explanation) for text in (step.label, step.formula)}
    names = {name for step in steps(explanation) for name in step.values if name not in keys}
    return {text for text in texts | names if LETTERS.search(TERM.sub("", text))}


def steps(explanation: Explanation) -> Iterator[Step]:
    """Every step of an explanation."""
    yield from explanation.totals
    for line in explanation.lines.values():
        yield from line


@given(st.one_of(documents(), documents(returns=True), documents(deductions=True)))
def test_knows_every_term_of_a_document(drawn: tuple[list[LineInput], dict[str, Any]]) -> None:
    lines, terms = drawn

    explanation = explain_document(price_document(lines, **terms))

    assert words_left(explanation, {line.key for line in lines}) == set()


@pytest.fixture
def order(market: Market) -> Order:
    draft = drafted(market, "3", price="33.33")
    trade_in(draft, market, "10.00")
    change_head(draft, actor=market.rep, discount_rate=Decimal("0.07"))
    return submit_order(draft.pk, actor=market.rep)


def test_knows_every_term_of_a_part(market: Market, order: Order) -> None:
    ahead = invoice_down_payment(order.pk, actor=market.rep, amount=Decimal("12.00"))
    issue_invoice(ahead.pk, actor=market.rep)
    rest = invoice_order(order.pk, actor=market.rep, what="all")
    issue_invoice(rest.pk, actor=market.rep)
    credit_invoice(rest.pk, actor=market.rep, reason="Broken")

    for invoice in Invoice.objects.all():
        keys = {str(line.pk) for line in invoice.lines.all()}
        assert words_left(explain(invoice, lines_of(invoice)), keys) == set()


def test_translates_the_longest_term_first(monkeypatch: pytest.MonkeyPatch) -> None:
    german = {"header discount": "Kopfrabatt", "net": "netto", "discount": "Rabatt"}
    translation.gettext("Note")  # binds the function that is replaced now
    monkeypatch.setattr(
        "django.utils.translation._trans.gettext", lambda text: german.get(text, text)
    )

    assert translate_terms("net − header discount") == "netto − Kopfrabatt"
