"""Schemas of ``Connection.config``: the settings of each kind of external system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common.sentences import sentence as _
from fulfilment.addresses import InvalidAddress, check_url
from fulfilment.models.tolerances import (
    InvalidConnection,
    check_over_delivery,
    check_tolerance,
    shown,
)

MOST_COUNTED = 1_000_000

Check = Callable[[object, Any], None]
"""Refuses the value of a setting of a connection with ``InvalidConnection``."""


def check_orders_url(connection: object, given: Any) -> None:
    """Refuse an address of their orders that a connection may not have."""
    try:
        check_url(given if isinstance(given, str) else "")
    except InvalidAddress as error:
        raise InvalidConnection(
            _(
                "The orders of %(connection)s cannot be read at “%(value)s”: "
                "write where they are, such as https://erp.example.com/orders.",
                connection=connection,
                value=shown(given),
            ),
            field="config",
        ) from error


def check_count(connection: object, given: Any) -> None:
    """Refuse what is no whole number above nought."""
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= MOST_COUNTED:
        raise InvalidConnection(
            _(
                "“%(value)s” is no number of orders for %(connection)s: "
                "write a whole one from 1 to %(most)d.",
                connection=connection,
                value=shown(given),
                most=MOST_COUNTED,
            ),
            field="config",
        )


SCHEMAS: Mapping[str, Mapping[str, Check]] = {
    "webhook": {"tolerance": check_tolerance},
    "supply": {
        "tolerance": check_tolerance,
        "over_delivery": check_over_delivery,
        "orders_url": check_orders_url,
        "most_repairs": check_count,
        "orders_a_minute": check_count,
    },
}
"""The settings that each ``Connection.Kind`` may have; none has to be there."""


def check_config(connection: object, kind: str, config: Any) -> None:
    """Refuse what is no object of settings, settings that do not exist, and wrong values."""
    settings = SCHEMAS[kind]
    if not isinstance(config, dict):
        raise InvalidConnection(
            _(
                "The settings of %(connection)s are “%(value)s”: write an object, such as {}, "
                "with any of %(names)s.",
                connection=connection,
                value=shown(config),
                names=", ".join(settings),
            ),
            field="config",
        )
    for name, value in config.items():
        if name not in settings:
            raise InvalidConnection(
                _(
                    "%(connection)s has no setting “%(name)s”: it may have %(names)s.",
                    connection=connection,
                    name=shown(name),
                    names=", ".join(settings),
                ),
                field="config",
            )
        settings[name](connection, value)
