"""Forms of shipments, returns and parcels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from common.formatting import format_quantity, plain_number
from fulfilment.models import Shipment, ShipmentLine
from sales.models import OrderLine
from web.forms.base import StyledForm
from web.forms.quantities import QuantitiesForm


class ShipmentForm(QuantitiesForm):
    """Form of a shipment: a quantity per order line, carrier and tracking number."""

    widths: ClassVar = {"status": 4, "carrier": 4, "tracking": 4}
    columns: ClassVar = (_("Ordered"), _("Shipped"), _("Open"))
    asked: ClassVar = _("In this shipment")

    status = forms.ChoiceField(
        label=_("Status"),
        choices=[
            (Shipment.Status.SHIPPED.value, _("Shipped")),
            (Shipment.Status.DELIVERED.value, _("Delivered")),
            (Shipment.Status.PACKED.value, _("Packed, not shipped yet")),
        ],
    )
    carrier = forms.CharField(label=_("Carrier"), max_length=60, required=False)
    tracking = forms.CharField(label=_("Tracking number"), max_length=80, required=False)

    def __init__(self, *args: Any, lines: Sequence[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        still_open = [line for line in lines if line.counts and line.open_to_ship > 0]
        self.ask_for(still_open, {line.pk: plain_number(line.open_to_ship) for line in still_open})

    def cells(self, line: OrderLine) -> list[str]:
        """Return the quantities that were ordered, shipped, and are open."""
        quantities = (line.wanted_quantity, line.shipped_quantity, line.open_to_ship)
        return [format_quantity(quantity) for quantity in quantities]


class ReturnForm(QuantitiesForm):
    """Form of a return: a quantity per shipped line."""

    widths: ClassVar = {"carrier": 6, "tracking": 6, "replace": 12}
    columns: ClassVar = (_("In the shipment"), _("Returned"), _("Left"))
    asked: ClassVar = _("To return")
    needs_a_quantity: ClassVar = True

    replace = forms.TypedChoiceField(
        label=_("What comes back is"),
        widget=forms.RadioSelect,
        coerce=lambda value: value == "yes",
        choices=[
            ("no", _("not replaced: it is not shipped again, nor billed if it is not billed yet")),
            ("yes", _("replaced: it is open to ship again")),
        ],
    )
    carrier = forms.CharField(label=_("Carrier"), max_length=60, required=False)
    tracking = forms.CharField(label=_("Tracking number"), max_length=80, required=False)

    def __init__(
        self,
        *args: Any,
        held: Sequence[ShipmentLine],
        left: Mapping[UUID, Decimal],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.held = {line.order_line_id: line.quantity for line in held}
        self.left = left
        self.ask_for([line.order_line for line in held], {})

    def cells(self, line: OrderLine) -> list[str]:
        """Return the quantities that were shipped, returned, and are left."""
        held, left = self.held[line.pk], self.left.get(line.pk, Decimal(0))
        return [format_quantity(quantity) for quantity in (held, held - left, left)]


class ParcelForm(StyledForm):
    """Form of a parcel with its tracking number."""

    widths: ClassVar = {"tracking": 6, "carrier": 6, "weight_kg": 6}

    tracking = forms.CharField(label=_("Tracking number"), max_length=80)
    carrier = forms.CharField(label=_("Carrier"), max_length=60, required=False)
    weight_kg = NumberField(
        label=_("Weight, kg"),
        max_digits=10,
        decimal_places=3,
        min_value=0,
        required=False,
        localize=True,
    )
