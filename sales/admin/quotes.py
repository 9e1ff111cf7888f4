"""Admin pages of quotes."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.admin.base import person
from sales.admin.confirmations import issue_each
from sales.admin.documents import SHOWN, DocumentAdmin, LineInline
from sales.admin.promotions import PromotionUseInline
from sales.models import Quote, QuoteLine
from sales.services.quotes import activate_quote, cancel_quote, revise_quote


class QuoteLineInline(LineInline):
    """The lines of a quote."""

    model = QuoteLine


@admin.register(Quote)
class QuoteAdmin(DocumentAdmin[Quote]):
    """Quotes."""

    list_display = (*DocumentAdmin.list_display, "valid_until")
    own_columns = Quote.own_columns
    shown = (
        *SHOWN,
        "revision",
        "revises",
        "opportunity",
        "activated_at",
        "closed_at",
        "closed_reason",
        "closed_comment",
        "accepted_by_name",
        "accepted_by_email",
    )
    inlines = (QuoteLineInline, PromotionUseInline)
    actions = ("activate", "revise", "cancel")

    @admin.action(description=_("Activate"), permissions=["change"])
    def activate(self, request: HttpRequest, quotes: QuerySet[Quote]) -> HttpResponse | None:
        """Freeze each as the next revision of its number, once its figures were looked at."""
        return issue_each(
            self,
            request,
            quotes,
            activate_quote,
            action="activate",
            heading=gettext("Activate quotes"),
            done=gettext("%(result)s is active."),
        )

    @admin.action(description=_("Revise"), permissions=["change"])
    def revise(self, request: HttpRequest, quotes: QuerySet[Quote]) -> None:
        """Supersede each by a draft copy."""
        actor = person(request)
        self.do_each(
            request,
            quotes,
            lambda quote: revise_quote(quote.pk, actor=actor),
            gettext("%(record)s has a new draft."),
        )

    @admin.action(description=_("Cancel"), permissions=["change"])
    def cancel(self, request: HttpRequest, quotes: QuerySet[Quote]) -> None:
        """Cancel each."""
        actor = person(request)
        self.do_each(
            request,
            quotes,
            lambda quote: cancel_quote(quote.pk, actor=actor),
            gettext("%(record)s is cancelled."),
        )
