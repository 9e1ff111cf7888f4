from sales.admin import (
    approvals,
    catalogue,
    companies,
    events,
    invoices,
    orders,
    price_lists,
    promotions,
    quotes,
    taxes,
    terms,
)

__all__ = [
    "approvals",
    "catalogue",
    "companies",
    "events",
    "invoices",
    "orders",
    "price_lists",
    "promotions",
    "quotes",
    "taxes",
    "terms",
]
