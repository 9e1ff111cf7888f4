"""Promotion codes: apply and remove them, redeem and release their uses."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext

from common.errors import Duplicate
from common.identifiers import uuid7
from crm.actors import Actor
from crm.models import User
from sales.models import Order, PromotionCode, PromotionUse, Quote, kind_of
from sales.pricing.errors import PricingError, UnknownPromotion
from sales.pricing.promotions import check_applies, used_up
from sales.services.documents.drafts import lock_draft
from sales.services.documents.new_lines import refuse_locked
from sales.services.documents.totals import reprice
from sales.services.events import record_event
from sales.services.prices.promotion_discounts import check_code, promotions_of

FIELD = "promotion"


@transaction.atomic
def apply_promotion(document: Quote | Order, code: str, *, actor: Actor) -> PromotionUse:
    """Apply a promotion code to a draft; its discount is computed line by line."""
    draft = lock_draft(document)
    refuse_locked(draft)
    known = PromotionCode.objects.filter(code__iexact=code.strip()).first()
    if known is None:
        raise UnknownPromotion(
            gettext("There is no promotion code %(code)s: check how it is spelled.")
            % {"code": code.strip()},
            field=FIELD,
        )
    if draft.promotions.filter(code=known).exists():
        raise Duplicate(
            gettext("Promotion code %(code)s is applied already: each code counts once.")
            % {"code": known},
            field=FIELD,
        )
    try:
        check_code(known, draft, meant_for=set(known.accounts.values_list("pk", flat=True)))
    except PricingError as error:
        error.field = FIELD
        raise
    use = draft.promotions.create(code=known, given_by=actor if isinstance(actor, User) else None)
    reprice(draft)
    use.refresh_from_db()
    check_applies(known.code, use.amount, FIELD)
    record_event(kind_of(draft).draft_event, draft, actor=actor, data={"promotion": known.code})
    return use


@transaction.atomic
def remove_promotion(document: Quote | Order, code: str, *, actor: Actor) -> None:
    """Remove a promotion code from a draft."""
    draft = lock_draft(document)
    refuse_locked(draft)
    use = draft.promotions.filter(code__code__iexact=code.strip()).first()
    if use is None:
        raise UnknownPromotion(
            gettext("%(draft)s has no promotion code %(code)s: remove one that it has.")
            % {"draft": draft, "code": code},
            field=FIELD,
        )
    _release(use)
    use.delete()
    reprice(draft)
    record_event(
        kind_of(draft).draft_event, draft, actor=actor, data={"promotion_removed": code.strip()}
    )


def carry_promotions(source: Quote, target: Quote | Order) -> None:
    """Copy the codes of a quote to its next revision or its order."""
    owner = kind_of(target).name
    PromotionUse.objects.bulk_create(
        PromotionUse(
            id=uuid7(),
            code=use.code,
            amount=use.amount,
            given_by_id=use.given_by_id,
            **{owner: target},
        )
        for use in promotions_of(source)
    )


def redeem_promotions(order: Order) -> None:
    """Redeem one use of each code of an order that becomes binding; refused if none is left.

    The code's row stays locked until the transaction ends, so the last use is given once.
    """
    for use in order.promotions.filter(is_counted=False).select_related("code").order_by("code"):
        unlimited = Q(uses_allowed__isnull=True)
        counted = PromotionCode.objects.filter(
            unlimited | Q(uses__lt=F("uses_allowed")), pk=use.code_id
        ).update(uses=F("uses") + 1)
        if not counted:
            raise used_up(use.code.code, FIELD)
        use.is_counted = True
        use.save(update_fields=["is_counted"])


def release_promotions(order: Order) -> None:
    """Release the uses of a cancelled order's codes."""
    for use in order.promotions.order_by("code"):
        _release(use)


def _release(use: PromotionUse) -> None:
    if use.is_counted:
        PromotionCode.objects.filter(pk=use.code_id).update(uses=F("uses") - 1)
        use.is_counted = False
        use.save(update_fields=["is_counted"])
