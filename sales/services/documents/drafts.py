"""Drafts: start one, edit its head, lock it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from typing import TypedDict, TypeVar, Unpack

from django.db import transaction
from django.utils.translation import gettext

from common.errors import NotEditable, NotSetUp
from common.read_cache import cached_read
from crm.actors import Actor
from crm.custom_fields import clean_custom
from crm.models import Account, User
from sales.models import (
    AccountTerms,
    AnyDocument,
    Company,
    Invoice,
    Order,
    PaymentTerms,
    PriceList,
    Quote,
    TaxZone,
    kind_of,
)
from sales.pricing.errors import InvalidDiscount
from sales.pricing.rates import check_discount_rate
from sales.services.documents.draft_fields import (
    HeadChanges,
    HeadFields,
    InvoiceFields,
    OrderFields,
    QuoteFields,
)
from sales.services.documents.locks import check_version
from sales.services.documents.totals import reprice
from sales.services.documents.typed_figures import check_amount, check_discount_amount
from sales.services.errors import NotDraft
from sales.services.events import record_event
from sales.services.prices.discount_limits import check_new, within_limit
from sales.services.prices.exchange_rates import freeze_exchange_rate
from sales.services.prices.list_prices import check_list

Kind = TypeVar("Kind", bound=AnyDocument)

DISCOUNTS = frozenset({"discount_amount", "discount_rate"})
MEASURED = DISCOUNTS | {"price_list"}
"""Fields of the head that decide how much is given away."""

REPRICES = DISCOUNTS | {"tax_zone", "prices_include_tax", "freight"}
"""Fields of the head that the figures depend on."""

OF_THE_ORDER = REPRICES | {"price_list"}
"""Fields of the head that an invoice takes from the order it bills."""


class _Defaults(TypedDict):
    """Of the head of a draft, where nobody says otherwise."""

    company: Company
    owner: User
    created_by: User | None
    currency: str
    rounding: str
    discount_method: str
    price_list: PriceList | None
    payment_terms: PaymentTerms | None
    tax_zone: TaxZone | None
    prices_include_tax: bool
    billing_address: Mapping[str, str]
    shipping_address: Mapping[str, str]


def draft_quote(
    *, actor: Actor, account: Account, name: str, **fields: Unpack[QuoteFields]
) -> Quote:
    """Start a quote for an account, on the terms the account buys by."""
    return _draft(Quote, actor=actor, account=account, name=name, fields=fields)


def draft_order(
    *, actor: Actor, account: Account, name: str, **fields: Unpack[OrderFields]
) -> Order:
    """Start an order for an account, on the terms the account buys by."""
    return _draft(Order, actor=actor, account=account, name=name, fields=fields)


def draft_invoice(
    *, actor: Actor, account: Account, name: str, **fields: Unpack[InvoiceFields]
) -> Invoice:
    """Start an invoice that belongs to no order."""
    return _draft(Invoice, actor=actor, account=account, name=name, fields=fields)


@transaction.atomic
def change_head(
    document: Kind,
    *,
    actor: Actor,
    expected_version: int | None = None,
    **fields: Unpack[HeadChanges],
) -> Kind:
    """Change fields of a draft's head; refused if somebody changed it since `expected_version`.

    Of `custom` only the keys given are changed; None takes a value away.
    """
    draft = lock_draft(document, expected_version=expected_version)
    check_figures(draft, fields)
    if "custom" in fields:
        fields["custom"] = clean_custom(draft, fields["custom"], stored=draft.custom)
    with within_limit(draft, actor) if MEASURED & fields.keys() else nullcontext():
        _change(draft, fields)
    record_event(kind_of(draft).draft_event, draft, actor=actor, data={"changed": sorted(fields)})
    return draft


def _change(draft: AnyDocument, fields: HeadChanges) -> None:
    freight_before = draft.freight
    for field, value in fields.items():
        setattr(draft, field, value)
    _check_terms(draft, fields, has_lines=draft.lines.exists())
    draft.change(**fields, total=draft.total + draft.freight - freight_before)
    if "tax_zone" in fields:
        draft.lines.filter(tax_rate_is_typed=False).update(tax_rate=None)
    if REPRICES & fields.keys():
        _reprice(draft, fields)


def check_draft(document: AnyDocument) -> None:
    """Refuse to change an issued document."""
    if not document.is_draft:
        raise NotDraft(
            gettext("%(document)s is %(status)s: only drafts are changed.")
            % {"document": document, "status": document.status_word}
        )


def check_figures(document: AnyDocument, changed: Collection[str] = OF_THE_ORDER) -> None:
    """Refuse to change figures of an invoice that come from the order it bills."""
    taken = OF_THE_ORDER & set(changed)
    if taken and isinstance(document, Invoice) and document.bills_order:
        raise NotEditable(
            gettext(
                "This invoice bills %(order)s and has its prices and discounts: "
                "delete the draft to invoice the order in another way."
            )
            % {"order": document.order},
            field=min(taken),
        )


def lock_draft(document: Kind, *, expected_version: int | None = None) -> Kind:
    """Lock a draft for editing; refuse an issued one, and a stale version (optimistic lock)."""
    draft: Kind = type(document)._default_manager.select_for_update().get(pk=document.pk)  # type: ignore[assignment]  # the manager of a union
    check_draft(draft)
    check_version(draft, expected_version)
    return draft


@transaction.atomic
def _draft(
    model: type[Kind], *, actor: Actor, account: Account, name: str, fields: HeadFields
) -> Kind:
    document = new_document(model, actor=actor, account=account, name=name, fields=fields)
    document.save(force_insert=True)
    record_event(kind_of(document).drafted_event, document, actor=actor, is_first=True)
    return document


def new_document(
    model: type[Kind], *, actor: Actor, account: Account, name: str, fields: HeadFields
) -> Kind:
    """Make and check an unsaved document for an account, on the terms the account buys by."""
    given = {field: value for field, value in fields.items() if value is not None}
    defaults = _defaults(account, actor, fields.get("company") or default_company())
    day = defaults["company"].today()
    if defaults["price_list"] is not None and not defaults["price_list"].is_valid_on(day):
        defaults["price_list"] = None
    if given.get("currency", defaults["currency"]) != defaults["currency"]:
        defaults["price_list"] = None
    document = model(account=account, name=name, **{**defaults, **given})
    if document.price_list is None:
        document.price_list = _only_list_in(document.currency, day)
    document.total = document.freight
    freeze_exchange_rate(document)
    document.custom = clean_custom(document, document.custom)
    _check_terms(document, {"price_list", *given}, has_lines=False)
    check_new(document, actor)
    return document


def _reprice(draft: AnyDocument, changed: Collection[str]) -> None:
    try:
        reprice(draft)
    except InvalidDiscount as error:
        by_rate = "discount_rate" in changed and "discount_amount" not in changed
        error.field = error.field or ("discount_rate" if by_rate else "discount_amount")
        raise


def default_company() -> Company:
    """Return the company that sells unless a document names another."""
    company = Company.objects.filter(is_default=True).first()
    if company is None:
        raise NotSetUp(
            gettext("No company is the default yet: an administrator chooses one in the admin.")
        )
    return company


def _defaults(account: Account, actor: Actor, company: Company) -> _Defaults:
    terms = _terms_of(account)
    person = actor if isinstance(actor, User) else None
    return {
        "company": company,
        "owner": person or account.owner,
        "created_by": person,
        "currency": terms.currency if terms else company.base_currency,
        "rounding": company.rounding,
        "discount_method": company.discount_method,
        "price_list": terms.price_list if terms else None,
        "payment_terms": terms.payment_terms if terms else None,
        "tax_zone": terms.tax_zone if terms else None,
        "prices_include_tax": terms.prices_include_tax if terms else False,
        "billing_address": account.address("billing"),
        "shipping_address": account.address("shipping"),
    }


@cached_read
def _terms_of(account: Account) -> AccountTerms | None:
    related = ("price_list", "payment_terms", "tax_zone")
    return AccountTerms.objects.filter(account=account).select_related(*related).first()


@cached_read
def _only_list_in(currency: str, day: dt.date) -> PriceList | None:
    """Return the only price list in force in the currency, if there is exactly one."""
    lists = [
        price_list
        for price_list in PriceList.objects.filter(currency=currency, is_active=True)
        if price_list.is_valid_on(day)
    ]
    return lists[0] if len(lists) == 1 else None


def _check_terms(document: AnyDocument, changed: Collection[str], *, has_lines: bool) -> None:
    if document.price_list is not None and {"price_list", "currency"} & set(changed):
        check_list(document.price_list, document.currency, document.company.today())
    check_discount_rate(document.discount_rate, "discount_rate")
    check_discount_amount(document.discount_amount, document.currency, "discount_amount")
    check_amount(document.freight, document.currency, "freight")
    if has_lines and _stored_currency(document) != document.currency:
        raise NotEditable(
            gettext("The currency is fixed once there are lines: remove the lines first."),
            field="currency",
        )


def _stored_currency(document: AnyDocument) -> str:
    stored = type(document)._default_manager.filter(pk=document.pk)
    currency: str = stored.values_list("currency", flat=True).get()
    return currency
