from crm.admin import (
    accounts,
    activities,
    custom_fields,
    leads,
    opportunities,
    partners,
    users,
)

__all__ = [
    "accounts",
    "activities",
    "custom_fields",
    "leads",
    "opportunities",
    "partners",
    "users",
]
