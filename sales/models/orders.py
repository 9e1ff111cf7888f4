"""Orders, their lines and their change orders."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import custom_values_index, identifier, quantity_field
from common.history import keeps_history
from crm.models import Opportunity, OwnedQuerySet, Partner
from sales.models.catalogue import Product
from sales.models.documents import Document, DocumentLine
from sales.models.line_constraints import never_ahead, only_sold_is_counted
from sales.models.order_units import DONE, UNIT_CONSTRAINTS
from sales.models.quotes import Quote, QuoteLine
from sales.models.triggers import (
    ChangeOrderApplied,
    ChangeOrderWrittenOnce,
    KeepsSubmitted,
    SameCurrencyAs,
    keeps_issued,
    line_triggers,
)
from sales.pricing.ledger_lines import Units
from sales.pricing.quantities import SMALLEST_QUANTITY


class OrderQuerySet(OwnedQuerySet["Order"]):
    """Reads of orders."""

    def not_cancelled(self) -> OrderQuerySet:
        """Keep those that stand: drafts, and those that were submitted and not cancelled."""
        return self.exclude(status=Order.Status.CANCELLED)


@keeps_history()
class Order(Document):
    """What a customer ordered; fulfilment and billing status are derived, never typed."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Submitted")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    class Fulfilment(models.TextChoices):
        NOT_STARTED = "not_started", _("Not started")
        PARTLY_SHIPPED = "partly_shipped", _("Partly shipped")
        SHIPPED = "shipped", _("Shipped")
        DELIVERED = "delivered", _("Delivered")
        PARTLY_RETURNED = "partly_returned", _("Partly returned")
        RETURNED = "returned", _("Returned")

    class Billing(models.TextChoices):
        TO_INVOICE = "to_invoice", _("To invoice")
        PARTLY = "partly", _("Partly invoiced")
        INVOICED = "invoiced", _("Invoiced")
        CREDITED = "credited", _("Credited")
        NOTHING = "nothing", _("Nothing to invoice")

    TRANSITIONS: ClassVar = {
        Status.DRAFT: {Status.SUBMITTED, Status.CANCELLED},
        Status.SUBMITTED: {Status.COMPLETED, Status.CANCELLED},
        Status.COMPLETED: {Status.SUBMITTED},
    }

    own_columns = ("requested_on",)

    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    fulfilment_status = models.CharField(
        max_length=15, choices=Fulfilment, default=Fulfilment.NOT_STARTED, editable=False
    )
    billing_status = models.CharField(
        max_length=10, choices=Billing, default=Billing.TO_INVOICE, editable=False
    )
    processing_status = models.CharField(
        max_length=40, blank=True, editable=False, help_text=_("As the external system calls it.")
    )
    is_on_hold = models.BooleanField(_("on hold"), default=False, editable=False)
    hold_reason = models.CharField(max_length=200, blank=True)
    opportunity = models.ForeignKey(
        Opportunity, null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    quote = models.OneToOneField(
        Quote, null=True, blank=True, on_delete=models.PROTECT, related_name="order"
    )
    partner = models.ForeignKey(
        Partner, null=True, blank=True, on_delete=models.PROTECT, related_name="orders"
    )
    external_id = models.CharField(max_length=100, blank=True)
    origin = models.CharField(
        max_length=30, blank=True, help_text=_("The connection the order came from.")
    )
    prices_are_locked = models.BooleanField(default=False)
    requested_on = models.DateField(_("requested delivery"), null=True, blank=True)
    confirmed_on = models.DateField(_("confirmed delivery"), null=True, blank=True, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    cancelled_reason = models.CharField(max_length=200, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta(Document.Meta):
        abstract = False
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [
            ("override_price", "Can type a price other than the list's"),
            ("exceed_discount", "Can give more discount than the limit"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="order_by_status"),
            models.Index(fields=["owner", "-id"], name="order_by_owner"),
            models.Index(fields=["team", "-id"], name="order_by_team"),
            models.Index(fields=["account", "-id"], name="order_by_account"),
            custom_values_index("order_custom"),
            models.Index(fields=["fulfilment_status", "-id"], name="order_by_fulfilment"),
            models.Index(fields=["billing_status", "-id"], name="order_by_billing"),
        ]
        constraints: ClassVar = [
            *Document.Meta.constraints,
            models.UniqueConstraint(
                fields=["number"],
                name="order_number_unique",
                violation_error_code="unique",
                violation_error_message=_("There is an order with this number already."),
            ),
            models.UniqueConstraint(
                fields=["partner", "external_id"],
                condition=~Q(external_id=""),
                name="order_external_id_unique",
                violation_error_message=_("This partner has sent an order with this id already."),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"]) | Q(number__isnull=False),
                name="order_numbered_once_submitted",
                violation_error_message=_("An order has a number once it is submitted."),
            ),
            models.CheckConstraint(
                condition=~Q(hold_reason="") | Q(is_on_hold=False),
                name="order_hold_has_reason",
                violation_error_message=_("Give the reason why the order is on hold."),
            ),
        ]
        triggers: ClassVar = [
            *Document.Meta.triggers,
            SameCurrencyAs("quote"),
            keeps_issued(
                "fulfilment_status",
                "billing_status",
                "processing_status",
                "confirmed_on",
                "is_on_hold",
                "hold_reason",
                "closed_at",
                "cancelled_reason",
                kind=KeepsSubmitted,
            ),
        ]

    def __str__(self) -> str:
        return self.number or gettext("Draft order")

    @property
    def is_submitted(self) -> bool:
        """Whether it is binding and not completed: it is shipped, held, and takes down payments."""
        return self.status == self.Status.SUBMITTED

    @property
    def is_completed(self) -> bool:
        """Whether all of it is shipped and billed."""
        return self.status == self.Status.COMPLETED

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled, as a draft or after it was submitted."""
        return self.status == self.Status.CANCELLED

    @property
    def is_binding(self) -> bool:
        """Whether it was submitted and not cancelled: it takes change orders and invoices."""
        return self.status in {self.Status.SUBMITTED, self.Status.COMPLETED}

    @property
    def is_shipped(self) -> bool:
        """Whether no goods are left to ship, whatever of them came back."""
        return self.fulfilment_status in {
            self.Fulfilment.SHIPPED,
            self.Fulfilment.DELIVERED,
            self.Fulfilment.PARTLY_RETURNED,
        }

    @property
    def binding_shipping_address(self) -> dict[str, str]:
        """The shipping address that a submitted order keeps: where goods go, if that is known."""
        typed: dict[str, str] = self.shipping_address
        return self.delivery_address or typed

    def was_made_in(self, connection: str) -> bool:
        """Whether it came from the external system with this code."""
        return self.origin == connection

    @property
    def prices_locked(self) -> bool:
        """Whether prices are locked: by the quote, by a person, or by submitting the order."""
        return self.prices_are_locked or super().prices_locked


@keeps_history()
class OrderLine(DocumentLine):
    """One ordered item, with how much of it is shipped, returned, cancelled and billed."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    quote_line = models.OneToOneField(
        QuoteLine, null=True, blank=True, on_delete=models.PROTECT, related_name="order_line"
    )
    shipped_quantity = quantity_field(editable=False)
    delivered_quantity = quantity_field(editable=False)
    returned_quantity = quantity_field(editable=False)
    replaced_quantity = quantity_field(
        editable=False, help_text=_("Returned, and to be shipped once more.")
    )
    cancelled_quantity = quantity_field(editable=False)
    drafted_quantity = quantity_field(editable=False, help_text=_("On draft invoices."))
    invoiced_quantity = quantity_field(editable=False, help_text=_("On issued invoices."))
    credited_quantity = quantity_field(editable=False, help_text=_("Taken back by credit notes."))
    closed_quantity = quantity_field(
        editable=False, help_text=_("Credited and not to be billed again.")
    )
    closed_unshipped_quantity = quantity_field(
        editable=False, help_text=_("Credited for good before it was shipped.")
    )
    closed_returned_quantity = quantity_field(
        editable=False, help_text=_("Credited for good, and returned.")
    )
    returned_unbilled_quantity = quantity_field(
        editable=False, help_text=_("Returned for good without being billed.")
    )
    confirmed_on = models.DateField(_("confirmed delivery"), null=True, blank=True, editable=False)

    class Meta(DocumentLine.Meta):
        abstract = False
        indexes: ClassVar = [models.Index(fields=["order", "position"], name="order_line_order")]
        constraints: ClassVar = [
            *DocumentLine.Meta.constraints,
            never_ahead("order_line_asks_nothing_ahead"),
            only_sold_is_counted("order_line_only_sold_is_counted", DONE),
            *UNIT_CONSTRAINTS,
        ]
        triggers: ClassVar = line_triggers("order", "cancelled_quantity", "confirmed_on", *DONE)

    @property
    def document(self) -> Order:
        """The document the line stands on."""
        return self.order

    @property
    def is_shipped_goods(self) -> bool:
        """Whether a warehouse ships the line: not a service, not the line of a bundle itself."""
        return self.is_sold and (self.product is None or self.product.kind == Product.Kind.GOODS)

    @property
    def is_billed_with_bundle(self) -> bool:
        """Whether it is always in a bundle, and neither a price nor a charge is its own."""
        return self.is_fixed_part and not self.charge_amount

    @property
    def has_left(self) -> bool:
        """Whether any of it left to stay; what came back to be replaced did not."""
        return bool(self.shipped_quantity != self.replaced_quantity)

    @property
    def is_started(self) -> bool:
        """Whether any of it left to stay, or is billed on an issued invoice."""
        return self.has_left or bool(self.billed != self.drafted_quantity)

    @property
    def is_billed(self) -> bool:
        """Whether any of it is billed, on a draft invoice too."""
        return bool(self.billed)

    @property
    def wanted_quantity(self) -> Decimal:
        """How much is still ordered: the quantity less what was cancelled."""
        wanted: Decimal = self.quantity - self.cancelled_quantity
        return wanted

    @property
    def billed(self) -> Decimal:
        """How much is billed, on issued invoices or drafts, less what may be billed again."""
        kept: Decimal = self.invoiced_quantity - self.credited_quantity + self.closed_quantity
        billed: Decimal = kept + self.drafted_quantity
        return billed

    @property
    def units(self) -> Units:
        """The quantities as the order's ledger counts them; none of what is not sold."""
        if not self.is_sold:
            return Units(Decimal(0), is_goods=False)
        return Units(
            ordered=self.wanted_quantity,
            billed=self.billed,
            drafted=self.drafted_quantity,
            is_goods=self.is_shipped_goods or self.is_bundle,
            shipped=self.shipped_quantity,
            replaced=self.replaced_quantity,
            returned=self.returned_quantity - self.replaced_quantity,
            closed=self.closed_quantity,
            closed_unshipped=self.closed_unshipped_quantity,
            closed_returned=self.closed_returned_quantity,
            returned_unbilled=self.returned_unbilled_quantity,
            step=self.product.step if self.product else SMALLEST_QUANTITY,
            is_set=self.is_bundle,
            is_fixed_part=self.is_billed_with_bundle,
        )

    def split_returned(self, units: Units) -> None:
        """Count apart what of the returned units was credited, and what was never billed."""
        self.closed_returned_quantity = units.closed_returned
        self.returned_unbilled_quantity = units.returned_unbilled

    @property
    def most_shipped(self) -> Decimal:
        """How much may be shipped in all, replacements aside."""
        most: Decimal = self.wanted_quantity - self.closed_unshipped_quantity
        return most

    @property
    def done_quantity(self) -> Decimal:
        """The least quantity of a change order: shipped, billed or cancelled already."""
        done: Decimal = self.units.least + self.cancelled_quantity
        return done

    @property
    def open_to_ship(self) -> Decimal:
        """How much may still be shipped."""
        return self.units.open_to_ship

    @property
    def open_to_bill(self) -> Decimal:
        """How much may still be invoiced."""
        return self.units.open_to_bill


@keeps_history()
class OrderChange(models.Model):
    """One change order: each field before and after, who changed it and why."""

    id = identifier()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="changes")
    version = models.PositiveIntegerField()
    difference = models.JSONField()
    reason = models.CharField(max_length=200, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    changed_by_name = models.CharField(max_length=150)
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "version"], name="order_change_unique")
        ]
        triggers: ClassVar = [ChangeOrderWrittenOnce(), ChangeOrderApplied()]

    def __str__(self) -> str:
        return f"{self.order} v{self.version}"
