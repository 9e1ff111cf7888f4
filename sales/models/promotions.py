"""Promotion uses: the promotion codes of quotes and orders."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import amount_field, identifier
from common.history import keeps_history
from sales.models.orders import Order
from sales.models.price_lists import PromotionCode
from sales.models.quotes import Quote


@keeps_history()
class PromotionUse(models.Model):
    """A promotion code on a quote or an order, and what it takes off there.

    The use is redeemed when the order becomes binding, and released if it is cancelled.
    """

    id = identifier()
    code = models.ForeignKey(PromotionCode, on_delete=models.PROTECT, related_name="given")
    quote = models.ForeignKey(
        Quote, null=True, blank=True, on_delete=models.CASCADE, related_name="promotions"
    )
    order = models.ForeignKey(
        Order, null=True, blank=True, on_delete=models.CASCADE, related_name="promotions"
    )
    amount = amount_field(help_text=_("What the code takes off, in the document's currency."))
    is_counted = models.BooleanField(default=False, editable=False)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    given_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(quote__isnull=True) ^ Q(order__isnull=True),
                name="promotion_use_on_one_document",
            ),
            models.UniqueConstraint(
                fields=["quote", "code"],
                condition=Q(quote__isnull=False),
                name="promotion_once_per_quote",
            ),
            models.UniqueConstraint(
                fields=["order", "code"],
                condition=Q(order__isnull=False),
                name="promotion_once_per_order",
            ),
            models.CheckConstraint(
                condition=Q(is_counted=False) | Q(order__isnull=False),
                name="promotion_counted_on_orders",
            ),
        ]

    def __str__(self) -> str:
        return gettext("%(code)s on %(document)s") % {
            "code": self.code,
            "document": self.order or self.quote,
        }
