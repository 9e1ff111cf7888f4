"""Schemas of ``Connection.config``: the settings of each kind of external system."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from common.sentences import sentence as _
from fulfilment.models.tolerances import (
    InvalidConnection,
    check_over_delivery,
    check_tolerance,
    shown,
)

Check = Callable[[object, Any], None]
"""Refuses the value of a setting of a connection with ``InvalidConnection``."""

SCHEMAS: Mapping[str, Mapping[str, Check]] = {
    "webhook": {"tolerance": check_tolerance},
    "supply": {"tolerance": check_tolerance, "over_delivery": check_over_delivery},
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
