"""URLs of products, opportunity lines, quotes, orders and invoices."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import StringConverter

from sales.models.document_kinds import DOCUMENT_KINDS
from web.views import (
    approvals,
    change_orders,
    credit_notes,
    explanations,
    invoices,
    lines,
    opportunity_actions,
    opportunity_lines,
    order_invoices,
    orders,
    payments,
    prices,
    products,
    quotes,
)

app_name = "sales"


class DocumentUrlWord(StringConverter):
    """The kinds of document that have lines: quotes, orders, invoices."""

    regex = "|".join(kind.url_word for kind in DOCUMENT_KINDS)


register_converter(DocumentUrlWord, "documents")

LINES: list[URLPattern | URLResolver] = [
    path("add/", lines.add, name="line-add"),
    path("options/", lines.options, name="line-options"),
    path("write-in/", lines.write_in, name="line-write-in"),
    path("deduction/", lines.deduction, name="line-deduction"),
    path("text/", lines.text, name="line-text"),
    path("<uuid:line>/option/", lines.option, name="line-option"),
    path("<uuid:line>/", lines.change, name="line-change"),
    path("<uuid:line>/edit/", lines.edit, name="line-edit"),
    path("<uuid:line>/remove/", lines.remove, name="line-remove"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("quotes/", quotes.QuoteList.as_view(), name="quote-list"),
    path("quotes/new/", quotes.QuoteNew.as_view(), name="quote-new"),
    path("quotes/<uuid:pk>/", quotes.detail, name="quote-detail"),
    path("quotes/<uuid:pk>/edit/", quotes.QuoteEdit.as_view(), name="quote-edit"),
    path("quotes/<uuid:pk>/activate/", quotes.activate, name="quote-activate"),
    path("quotes/<uuid:pk>/accept/", quotes.accept, name="quote-accept"),
    path("quotes/<uuid:pk>/revise/", quotes.revise, name="quote-revise"),
    path("quotes/<uuid:pk>/lose/", quotes.lose, name="quote-lose"),
    path("quotes/<uuid:pk>/cancel/", quotes.cancel, name="quote-cancel"),
    path("quotes/<uuid:pk>/ask-approval/", approvals.ask_for_approval, name="quote-ask-approval"),
    path("quotes/<uuid:pk>/approve/", approvals.approve, name="quote-approve"),
    path("quotes/<uuid:pk>/refuse/", approvals.refuse, name="quote-refuse"),
    path("quotes/<uuid:pk>/take-lines/", opportunity_lines.take, name="quote-take-lines"),
    path("orders/", orders.OrderList.as_view(), name="order-list"),
    path("orders/new/", orders.OrderNew.as_view(), name="order-new"),
    path("orders/<uuid:pk>/", orders.detail, name="order-detail"),
    path("orders/<uuid:pk>/edit/", orders.OrderEdit.as_view(), name="order-edit"),
    path("orders/<uuid:pk>/submit/", orders.submit, name="order-submit"),
    path("orders/<uuid:pk>/hold/", orders.hold, name="order-hold"),
    path("orders/<uuid:pk>/release/", orders.release, name="order-release"),
    path("orders/<uuid:pk>/cancel/", orders.cancel, name="order-cancel"),
    path("orders/<uuid:pk>/invoice/", order_invoices.invoice, name="order-invoice"),
    path("orders/<uuid:pk>/close/", orders.close, name="order-close"),
    path("orders/<uuid:pk>/change/", change_orders.change, name="order-change"),
    path("orders/<uuid:pk>/unlock-prices/", prices.unlock, name="order-unlock-prices"),
    path("orders/<uuid:pk>/lock-prices/", prices.lock, name="order-lock-prices"),
    path("invoices/", invoices.InvoiceList.as_view(), name="invoice-list"),
    path("invoices/new/", invoices.InvoiceNew.as_view(), name="invoice-new"),
    path("invoices/<uuid:pk>/", invoices.detail, name="invoice-detail"),
    path("invoices/<uuid:pk>/edit/", invoices.InvoiceEdit.as_view(), name="invoice-edit"),
    path("invoices/<uuid:pk>/issue/", invoices.issue, name="invoice-issue"),
    path("invoices/<uuid:pk>/delete/", invoices.delete, name="invoice-delete"),
    path("invoices/<uuid:pk>/pay/", payments.pay, name="invoice-pay"),
    path("invoices/<uuid:pk>/refund/", payments.refund, name="invoice-refund"),
    path("invoices/<uuid:pk>/write-off/", payments.write_off, name="invoice-write-off"),
    path("invoices/<uuid:pk>/apply-credit/", payments.apply, name="invoice-apply-credit"),
    path("invoices/<uuid:pk>/keep-as-credit/", payments.keep, name="invoice-keep-as-credit"),
    path("accounts/<uuid:pk>/refund-credit/", payments.refund_of_credit, name="credit-refund"),
    path("invoices/<uuid:pk>/credit/", credit_notes.credit, name="invoice-credit"),
    path("products/suggestions/", products.suggestions, name="product-suggestions"),
    path("products/", products.ProductList.as_view(), name="product-list"),
    path("products/<uuid:pk>/", products.detail, name="product-detail"),
    path("opportunities/<uuid:pk>/win/", opportunity_actions.win, name="opportunity-win"),
    path("opportunities/<uuid:pk>/lose/", opportunity_actions.lose, name="opportunity-lose"),
    path("opportunities/<uuid:pk>/reopen/", opportunity_actions.reopen, name="opportunity-reopen"),
    path(
        "opportunities/<uuid:pk>/stage/<uuid:stage>/",
        opportunity_actions.move,
        name="opportunity-move",
    ),
    path("opportunities/<uuid:pk>/lines/add/", opportunity_lines.add, name="opportunity-add-line"),
    path(
        "opportunities/<uuid:pk>/lines/deduct/",
        opportunity_lines.deduct,
        name="opportunity-deduct",
    ),
    path(
        "opportunities/<uuid:pk>/lines/<uuid:line>/remove/",
        opportunity_lines.remove,
        name="opportunity-remove-line",
    ),
    path("opportunities/<uuid:pk>/revenue/", opportunity_lines.revenue, name="opportunity-revenue"),
    path("opportunities/<uuid:pk>/quote/", opportunity_lines.quote, name="opportunity-quote"),
    path("opportunities/<uuid:pk>/order/", opportunity_lines.order, name="opportunity-order"),
    path("<documents:kind>/<uuid:pk>/lines/", include(LINES)),
    path("<documents:kind>/<uuid:pk>/prices/", prices.refresh, name="price-refresh"),
    path("<documents:kind>/<uuid:pk>/promotions/", prices.add_promotion, name="promotion-add"),
    path(
        "<documents:kind>/<uuid:pk>/promotions/<str:code>/remove/",
        prices.drop_promotion,
        name="promotion-remove",
    ),
    path("<documents:kind>/<uuid:pk>/explanations/", explanations.explain, name="explanations"),
    path(
        "<documents:kind>/<uuid:pk>/explanations/<str:figure>/",
        explanations.explain,
        name="explanation",
    ),
]
