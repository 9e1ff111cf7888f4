"""Roles: Django groups with fixed permissions, created by migration."""

from __future__ import annotations

from collections.abc import Iterator

SALES_REP = "Sales rep"
SALES_MANAGER = "Sales manager"
BACK_OFFICE = "Back office"
ADMINISTRATOR = "Administrator"
AUDITOR = "Auditor"

ROLES = (SALES_REP, SALES_MANAGER, BACK_OFFICE, ADMINISTRATOR, AUDITOR)

SEES_EVERYTHING = frozenset({BACK_OFFICE, ADMINISTRATOR, AUDITOR})
"""Roles whose members see every team's records."""

READS_ONLY = frozenset({AUDITOR})
"""Roles that never change a record, whatever other rights they hold."""

ENTERS_ADMIN = frozenset({BACK_OFFICE, ADMINISTRATOR})
"""Roles whose members may open the admin; anybody else needs the staff flag on their user."""

SET_UP_IN_ADMIN = "account,contact,lead,opportunity,activity,stage,customfield,partner"
"""What back office sets up in crm: all but users and teams, which decide on rights and limits."""

GRANTS: dict[str, tuple[str, ...]] = {
    SALES_REP: (
        "crm: add,change,view: account,contact,lead,opportunity,activity",
        "sales: add,change,view,delete: quote,quoteline,order,orderline,invoice,invoiceline",
        "sales: view: product,pricelist,pricelistitem,promotioncode",
        "sales: override_price",
        "fulfilment: add,change,view: shipment,shipmentline",
        "fulfilment: view: handoff,connection,discrepancy,inboundmessage",
    ),
    SALES_MANAGER: (
        "crm: add,change,view: account,contact,lead,opportunity,activity",
        "sales: add,change,view,delete: quote,quoteline,order,orderline,invoice,invoiceline",
        "sales: view: product,pricelist,pricelistitem,promotioncode",
        "sales: override_price,exceed_discount,approve_quote",
        "fulfilment: add,change,view: shipment,shipmentline",
        "fulfilment: view: handoff,connection,discrepancy,inboundmessage",
    ),
    BACK_OFFICE: (
        f"crm: add,change,view: {SET_UP_IN_ADMIN}",
        "sales: add,change,view,delete: *",
        "sales: override_price,exceed_discount,approve_quote",
        "sales: write_off_invoice,refund_payment",
        "fulfilment: add,change,view: *",
        "fulfilment: replay_handoff",
    ),
    ADMINISTRATOR: ("crm: *", "sales: *", "fulfilment: *"),
    AUDITOR: ("crm: view: *", "sales: view: *", "fulfilment: view: *"),
}
"""What each role may do: ``app: actions: models``, or ``app: codenames`` of separate rights."""


def grants_of(role: str) -> Iterator[tuple[str, str]]:
    """List (app, codename pattern) pairs of a role, where ``*`` stands for any word."""
    for grant in GRANTS[role]:
        app, actions, *models = grant.split(": ")
        for action in actions.split(","):
            if not models:
                yield app, action
                continue
            for model in models[0].split(","):
                yield app, f"{action}_{model}"
