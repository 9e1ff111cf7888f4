from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from api.views.accounts import AccountByExternalIdView, AccountListView, AccountView
from api.views.contacts import ContactListView, ContactView
from api.views.events import EventsView
from api.views.intake import IntakeView
from api.views.invoices import (
    CreditNoteListView,
    CreditNoteView,
    InvoiceListView,
    InvoiceView,
    IssueView,
)
from api.views.orders import (
    CancelView,
    ChangeView,
    CloseView,
    ExplanationView,
    HoldView,
    InvoiceOrderView,
    OrderListView,
    OrderView,
    ReleaseView,
    SubmitView,
)
from api.views.payments import PaymentListView, PaymentView
from api.views.price_lists import PriceListListView, PriceListView
from api.views.products import ProductListView, ProductView
from api.views.quotes import (
    AcceptView,
    ActivateView,
    DeclineView,
    QuoteListView,
    QuoteView,
    ReviseView,
)
from api.views.shipments import ReturnView, ShipmentListView, ShipmentView
from api.views.status_updates import StatusUpdatesView
from api.views.webhook_deliveries import (
    ReplayDeliveryView,
    WebhookDeliveryListView,
    WebhookDeliveryView,
)
from api.views.webhook_endpoints import (
    PauseEndpointView,
    ReplayWindowView,
    ResumeEndpointView,
    RotateEndpointView,
    TestEndpointView,
    VerifyEndpointView,
    WebhookEndpointListView,
    WebhookEndpointView,
)

app_name = "api"

urlpatterns: list[URLPattern | URLResolver] = [
    path("events", EventsView.as_view(), name="events"),
    path("intake/<slug:code>", IntakeView.as_view(), name="intake"),
    path("accounts", AccountListView.as_view(), name="accounts"),
    path("accounts/<uuid:pk>", AccountView.as_view(), name="account"),
    path(
        "accounts/by-external-id/<slug:system>/<str:external_id>",
        AccountByExternalIdView.as_view(),
        name="account-by-external-id",
    ),
    path("contacts", ContactListView.as_view(), name="contacts"),
    path("contacts/<uuid:pk>", ContactView.as_view(), name="contact"),
    path("price-lists", PriceListListView.as_view(), name="price-lists"),
    path("price-lists/<uuid:pk>", PriceListView.as_view(), name="price-list"),
    path("products", ProductListView.as_view(), name="products"),
    path("products/<uuid:pk>", ProductView.as_view(), name="product"),
    path("quotes", QuoteListView.as_view(), name="quotes"),
    path("quotes/<uuid:pk>", QuoteView.as_view(), name="quote"),
    path("quotes/<uuid:pk>/activate", ActivateView.as_view(), name="quote-activate"),
    path("quotes/<uuid:pk>/revise", ReviseView.as_view(), name="quote-revise"),
    path("quotes/<uuid:pk>/accept", AcceptView.as_view(), name="quote-accept"),
    path("quotes/<uuid:pk>/decline", DeclineView.as_view(), name="quote-decline"),
    path("orders", OrderListView.as_view(), name="orders"),
    path("orders/<uuid:pk>", OrderView.as_view(), name="order"),
    path("orders/<uuid:pk>/submit", SubmitView.as_view(), name="order-submit"),
    path("orders/<uuid:pk>/hold", HoldView.as_view(), name="order-hold"),
    path("orders/<uuid:pk>/release", ReleaseView.as_view(), name="order-release"),
    path("orders/<uuid:pk>/cancel", CancelView.as_view(), name="order-cancel"),
    path("orders/<uuid:pk>/invoice", InvoiceOrderView.as_view(), name="order-invoice"),
    path("orders/<uuid:pk>/change", ChangeView.as_view(), name="order-change"),
    path("orders/<uuid:pk>/close", CloseView.as_view(), name="order-close"),
    path("orders/<uuid:pk>/explanation", ExplanationView.as_view(), name="order-explanation"),
    path("shipments", ShipmentListView.as_view(), name="shipments"),
    path("shipments/<uuid:pk>", ShipmentView.as_view(), name="shipment"),
    path("shipments/<uuid:pk>/return", ReturnView.as_view(), name="shipment-return"),
    path("status-updates", StatusUpdatesView.as_view(), name="status-updates"),
    path("invoices", InvoiceListView.as_view(), name="invoices"),
    path("invoices/<uuid:pk>", InvoiceView.as_view(), name="invoice"),
    path("invoices/<uuid:pk>/issue", IssueView.as_view(), name="invoice-issue"),
    path("credit-notes", CreditNoteListView.as_view(), name="credit-notes"),
    path("credit-notes/<uuid:pk>", CreditNoteView.as_view(), name="credit-note"),
    path("payments", PaymentListView.as_view(), name="payments"),
    path("payments/<uuid:pk>", PaymentView.as_view(), name="payment"),
    path("webhook-endpoints", WebhookEndpointListView.as_view(), name="webhook-endpoints"),
    path("webhook-endpoints/<uuid:pk>", WebhookEndpointView.as_view(), name="webhook-endpoint"),
    path(
        "webhook-endpoints/<uuid:pk>/verify",
        VerifyEndpointView.as_view(),
        name="webhook-endpoint-verify",
    ),
    path(
        "webhook-endpoints/<uuid:pk>/pause",
        PauseEndpointView.as_view(),
        name="webhook-endpoint-pause",
    ),
    path(
        "webhook-endpoints/<uuid:pk>/resume",
        ResumeEndpointView.as_view(),
        name="webhook-endpoint-resume",
    ),
    path(
        "webhook-endpoints/<uuid:pk>/rotate",
        RotateEndpointView.as_view(),
        name="webhook-endpoint-rotate",
    ),
    path(
        "webhook-endpoints/<uuid:pk>/test", TestEndpointView.as_view(), name="webhook-endpoint-test"
    ),
    path(
        "webhook-endpoints/<uuid:pk>/replay",
        ReplayWindowView.as_view(),
        name="webhook-endpoint-replay",
    ),
    path("webhook-deliveries", WebhookDeliveryListView.as_view(), name="webhook-deliveries"),
    path("webhook-deliveries/<uuid:pk>", WebhookDeliveryView.as_view(), name="webhook-delivery"),
    path(
        "webhook-deliveries/<uuid:pk>/replay",
        ReplayDeliveryView.as_view(),
        name="webhook-delivery-replay",
    ),
]
