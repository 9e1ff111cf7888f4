"""Roles: Django groups with fixed permissions, created by migration."""

from __future__ import annotations

from fnmatch import fnmatchcase

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

SET_UP_IN_ADMIN = "account,contact,lead,opportunity,activity,stage,customfield"
"""What back office sets up in crm: users, teams and partners have rights and limits."""

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
        "crm: view: partner",
        "sales: add,change,view,delete: *",
        "sales: override_price,exceed_discount,approve_quote",
        "sales: write_off_invoice,refund_payment",
        "fulfilment: add,change,view: *",
        "fulfilment: replay_handoff",
    ),
    ADMINISTRATOR: ("crm: *", "sales: *", "fulfilment: *", "api: add,change,view,delete: client"),
    AUDITOR: ("crm: view: *", "sales: view: *", "fulfilment: view: *", "api: view: client"),
}
"""What each role may do: ``app: actions: models``, or ``app: codenames`` of separate rights."""

WITHHELD: dict[str, tuple[str, ...]] = {
    BACK_OFFICE: ("sales: add,change,delete: approvalrule",),
}
"""What a role may not do although GRANTS names it by ``*``: limits are the administrator's."""


def is_granted(role: str, app: str, codename: str) -> bool:
    """Whether a role has a right, as ``sales`` and ``change_quote``."""
    return _names(GRANTS[role], app, codename) and not _names(WITHHELD.get(role, ()), app, codename)


def _names(grants: tuple[str, ...], app: str, codename: str) -> bool:
    """Whether one of the grants names the right; ``*`` stands for any word."""
    for grant in grants:
        of_app, actions, *models = grant.split(": ")
        rights = [
            f"{action}_{model}" if model else action
            for action in actions.split(",")
            for model in (models[0].split(",") if models else [""])
        ]
        if app == of_app and any(fnmatchcase(codename, right) for right in rights):
            return True
    return False
