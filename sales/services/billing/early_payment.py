"""Early-payment discount: recorded as a settlement of its own, beside the money.

Whether it is earned follows from the days and amounts of the money, and from the days of the credit
notes, never from the order in which they are recorded. It changes no invoice. The ERP receives it
and corrects the tax on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from sales.models import Invoice, Payment
from sales.pricing.due import EarnedDiscount, earned_discount, kept_discount
from sales.pricing.money import Rounding

ZERO = Decimal(0)
MONEY = (Payment.Kind.PAYMENT, Payment.Kind.FROM_CREDIT)


@dataclass(frozen=True, slots=True)
class Earned:
    """What the money of an invoice earned, in its currency.

    ``discount`` is given for paying early, on what is asked for now; ``beyond`` is what came beyond
    all that the invoice ever asked for, which credit notes do not change.
    """

    discount: Decimal
    beyond: Decimal


def read_earned(invoice: Invoice, *, without: Invoice | None = None) -> Earned:
    """Derive what the money of an invoice earned, as if a credit note were not issued yet.

    No statement where no discount is offered, else two at most.
    """
    earned = _earned(invoice, without)
    given = earned.amount if earned else ZERO
    beyond = max(ZERO, invoice.paid + given - invoice.total)
    if earned is None:
        return Earned(ZERO, beyond)
    kept = kept_discount(
        given,
        asked_before=earned.asked,
        asked=invoice.open_to_credit,
        currency=invoice.currency,
        rounding=Rounding(invoice.rounding),
    )
    return Earned(kept, beyond)


def _earned(invoice: Invoice, without: Invoice | None) -> EarnedDiscount | None:
    if invoice.early_payment_until is None:
        return None
    return earned_discount(
        list(_asked(invoice, without)), _came_in_time(invoice), invoice.discount_offered_on
    )


def _asked(invoice: Invoice, without: Invoice | None) -> Iterator[Decimal]:
    """Return what was asked for at first, and after the credit notes of each day."""
    if not invoice.credited:
        return iter([invoice.total])
    notes = invoice.credit_notes.filter(issued_on__isnull=False)
    if without is not None:
        notes = notes.exclude(pk=without.pk)
    days = notes.order_by("issued_on").values_list("issued_on").annotate(sum=Sum("total"))
    return accumulate((-credited for _, credited in days), initial=invoice.total)


def _came_in_time(invoice: Invoice) -> list[Decimal]:
    """Return what stays of the money that came in time, by its days, smaller amounts first.

    What was corrected or reversed counts on the day of its payment, whenever that was.
    """
    money = invoice.payments.filter(
        kind__in=MONEY, received_on__lte=invoice.early_payment_until
    ).annotate(stays=F("amount") + Coalesce(Sum("corrections__amount"), ZERO))
    stays = money.order_by("received_on", "stays").values_list("stays", flat=True)
    return [amount for amount in stays if amount]
