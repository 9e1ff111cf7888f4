"""Admin pages: URLs, form data and errors."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse

from crm.models import CustomField, Partner, User
from crm.services.activities import note
from sales.models import (
    AccountTerms,
    ApprovalRule,
    DiscountList,
    ExchangeRate,
    PromotionCode,
)
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from tests.factories import (
    AccountFactory,
    ContactFactory,
    LeadFactory,
    Market,
    OpportunityFactory,
    StageFactory,
    UserFactory,
)


def address(model: type[Any], page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def signed_in(role: str) -> Client:
    user = UserFactory.create(role=role)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client()
    client.force_login(user)
    return client


def problems(response: Any) -> list[str]:
    """Every error on an admin page."""
    assert response.status_code == 200, response.headers.get("Location")
    context = response.context
    found = [str(error) for errors in context["adminform"].form.errors.values() for error in errors]
    for inline in context["inline_admin_formsets"]:
        found += [str(error) for error in inline.formset.non_form_errors()]
        found += [str(e) for form in inline.formset.errors for es in form.values() for e in es]
    return found


def rows(prefix: str, *forms: dict[str, Any], stored: int = 0) -> dict[str, Any]:
    """Write the inputs of an inline formset."""
    data = {f"{prefix}-TOTAL_FORMS": len(forms), f"{prefix}-INITIAL_FORMS": stored}
    for number, form in enumerate(forms):
        data |= {f"{prefix}-{number}-{name}": value for name, value in form.items()}
    return data


BANDS = "bands"


def band(low: str, high: str, rate: str, **more: Any) -> dict[str, Any]:
    return {"quantity_from": low, "quantity_to": high, "discount_rate": rate, **more}


def sell(market: Market, number: int) -> None:
    """Leave one of everything behind."""
    order = draft_order(actor=market.rep, account=market.account, name=f"Order {number}")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    submit_order(order.pk, actor=market.rep)
    invoice = invoice_order(order.pk, actor=market.rep, what="all")
    issue_invoice(invoice.pk, actor=market.rep)
    record_payment(
        invoice.pk,
        actor=market.rep,
        amount=invoice.total + 1,
        received_on=invoice.company.today(),
    )
    draft_quote(actor=market.rep, account=market.account, name=f"Quote {number}")
    owner = UserFactory.create()
    account = AccountFactory.create(owner=owner)
    ContactFactory.create(account=account)
    OpportunityFactory.create(account=account, stage=StageFactory.create())
    note(LeadFactory.create(owner=owner), "Called.", actor=owner)
    AccountTerms.objects.create(account=account, price_list=market.price_list)
    Partner.objects.create(name=f"Shop {number}", scopes=["orders:read"])
    PromotionCode.objects.create(
        code=f"P{number}", name=f"Code {number}", discount_rate=Decimal("0.1")
    )
    ExchangeRate.objects.create(
        currency="USD", valid_on=dt.date(2026, 1, 1) + dt.timedelta(number), rate=Decimal("1.1")
    )
    DiscountList.objects.create(name=f"Volume {number}")
    ApprovalRule.objects.create(name=f"Rule {number}", measure="total", threshold=Decimal(1))
    CustomField.objects.create(
        record_type="account", key=f"extra{number}", label=f"Extra {number}", kind="text"
    )


def pressed(action: str, *documents: Any) -> dict[str, Any]:
    """What the list of documents posts when an action is chosen."""
    return {"action": action, "_selected_action": [str(each.pk) for each in documents]}


def confirmed(page: Any) -> dict[str, list[str]]:
    """What the page that asks to confirm an action posts."""
    inputs = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.content.decode()
    )
    posted: dict[str, list[str]] = {}
    for name, value in inputs:
        posted.setdefault(name, []).append(value)
    return posted
