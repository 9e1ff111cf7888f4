"""Shipments and returns of orders, their lines and parcels."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, quantity_field, reference_field
from common.history import keeps_history
from common.transitions import Stateful
from common.triggers import MovesLegally
from crm.models import OwnedQuerySet
from sales.models import Order, OrderLine


class ShipmentQuerySet(OwnedQuerySet["Shipment"]):
    owner_path = "order__"
    account_path = "order__account"


@keeps_history()
class Shipment(Stateful):
    """A shipment of an order, or a return of one; only a correction moves its status backwards."""

    class Direction(models.TextChoices):
        OUT = "out", _("Shipment")
        RETURN = "return", _("Return")

    class Status(models.TextChoices):
        PLANNED = "planned", _("Planned")
        PICKED = "picked", _("Picked")
        PACKED = "packed", _("Packed")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")

    TRANSITIONS: ClassVar = {
        Status.PLANNED: {
            Status.PICKED,
            Status.PACKED,
            Status.SHIPPED,
            Status.DELIVERED,
            Status.FAILED,
        },
        Status.PICKED: {Status.PACKED, Status.SHIPPED, Status.DELIVERED, Status.FAILED},
        Status.PACKED: {Status.SHIPPED, Status.DELIVERED, Status.FAILED},
        Status.SHIPPED: {Status.DELIVERED, Status.FAILED},
        Status.FAILED: {Status.DELIVERED},
    }

    LEFT: ClassVar = frozenset({Status.SHIPPED, Status.DELIVERED})
    """Statuses in which the goods have left the warehouse and count as shipped."""

    id = identifier()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="shipments")
    direction = models.CharField(max_length=6, choices=Direction, default=Direction.OUT)
    returns = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="return_shipments"
    )
    is_replaced = models.BooleanField(
        default=False, help_text=_("Whether what was returned is shipped once more.")
    )
    reference = reference_field(blank=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PLANNED)
    carrier = reference_field()
    tracking = reference_field()
    source = models.CharField(
        max_length=30, blank=True, help_text=_("The connection that reported it.")
    )
    report_sequence = models.BigIntegerField(
        default=0, help_text=_("Sequence of the latest report that counts.")
    )
    corrected_sequence = models.BigIntegerField(
        null=True, blank=True, help_text=_("Sequence of the correction that it starts from.")
    )
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ShipmentQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "source", "direction", "reference"],
                name="shipment_reference_once",
            ),
            models.CheckConstraint(
                condition=Q(direction="out", returns__isnull=True) | Q(direction="return"),
                name="shipment_only_returns_refer_back",
            ),
            models.CheckConstraint(
                condition=Q(direction="return") | Q(is_replaced=False),
                name="shipment_only_returns_are_replaced",
            ),
        ]
        triggers: ClassVar = [
            MovesLegally(unless="OLD.corrected_sequence IS DISTINCT FROM NEW.corrected_sequence")
        ]

    def __str__(self) -> str:
        return self.reference

    def leaves_by(self, status: str) -> bool:
        """Whether the goods leave the warehouse when it moves to a status."""
        return status in self.LEFT and self.shipped_at is None

    def correct(self, status: str, sequence: int, **changes: object) -> None:
        """Set the status that a correction reports, which may be an earlier one."""
        self.change(status=status, corrected_sequence=sequence, **changes)


@keeps_history()
class ShipmentLine(models.Model):
    """The quantity of one order line in a shipment."""

    id = identifier()
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        OrderLine, on_delete=models.PROTECT, related_name="shipment_lines"
    )
    quantity = quantity_field()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shipment", "order_line"], name="shipment_line_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} × {self.order_line}"


@keeps_history()
class Parcel(models.Model):
    """A parcel of a shipment with its own tracking number."""

    id = identifier()
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="parcels")
    tracking = reference_field(blank=False)
    carrier = reference_field()
    weight_kg = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["shipment", "tracking"], name="parcel_tracking_once")
        ]

    def __str__(self) -> str:
        return self.tracking
