"""Lines of opportunities: products a customer is interested in."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from common.history import keeps_history
from crm.models import Opportunity
from sales.models.documents import DocumentLine


@keeps_history()
class OpportunityLine(DocumentLine):
    """One item the customer is interested in."""

    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="lines")

    class Meta(DocumentLine.Meta):
        abstract = False
        indexes: ClassVar = [
            models.Index(fields=["opportunity", "position"], name="opportunity_line_order")
        ]
