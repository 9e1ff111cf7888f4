"""Lines of opportunities: products a customer is interested in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from common.history import keeps_history
from crm.models import Opportunity
from sales.models.companies import PricingRules
from sales.models.documents import DocumentLine
from sales.models.line_constraints import never_ahead, never_charged


@keeps_history()
class OpportunityLine(PricingRules, DocumentLine):
    """One item the customer is interested in, by the company's rules of the day it was added."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="lines")

    class Meta(DocumentLine.Meta):
        abstract = False
        indexes: ClassVar = [
            models.Index(fields=["opportunity", "position"], name="opportunity_line_order")
        ]
        constraints: ClassVar = [
            *DocumentLine.Meta.constraints,
            never_ahead("opportunity_line_asks_nothing_ahead"),
            never_charged("opportunity_line_never_charged"),
        ]
