"""Settings of the API: sign-in of partners, and what OpenAPI says of it."""

from __future__ import annotations

# Partners sign in with client credentials only; only the SHA-256 of a token is stored.
OAUTH2_PROVIDER_APPLICATION_MODEL = "api.Client"
OAUTH2_PROVIDER = {
    "APPLICATION_ADMIN_CLASS": "api.admin.ClientAdmin",
    "SCOPES_BACKEND_CLASS": "api.oauth.PartnerScopes",
    "OAUTH2_VALIDATOR_CLASS": "api.oauth.PartnerValidator",
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    **{
        f"COMPLIANT_BCP_RFC9700_{switch}": True
        for switch in (
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "TOKEN_STORAGE",
            "REFRESH_TOKEN",
            "REDIRECT_URI_SCHEME",
            "REDIRECT_URI_MATCHING",
            "PKCE_REQUIRED",
        )
    },
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Throughline",
    "DESCRIPTION": "Accounts, quotes, orders, invoices, and what other systems report about them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "WEBHOOKS": ["api.webhooks.EVENTS"],
    "ENUM_NAME_OVERRIDES": {
        "OrderStatusEnum": "sales.models.Order.Status",
        "InvoiceStatusEnum": "sales.models.Invoice.Status",
        "InvoiceKindEnum": "sales.models.Invoice.Kind",
        "InvoiceWhatEnum": "sales.models.Invoice.What",
        "ShipmentStatusEnum": "fulfilment.models.Shipment.Status",
        "ProductKindEnum": "sales.models.Product.Kind",
        "AccountKindEnum": "crm.models.Account.Kind",
        "LostReasonEnum": "sales.models.Quote.LostReason",
        "QuoteStatusEnum": "sales.models.Quote.Status",
        "LineKindEnum": "sales.models.DocumentLine.Kind",
        "WebhookEndpointStatusEnum": "fulfilment.models.Connection.Status",
        "WebhookDeliveryStatusEnum": "fulfilment.models.Handoff.State",
    },
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}
