"""Number prefixes of connections: what the numbers of orders made there begin with."""

from __future__ import annotations

from common.sentences import sentence as _
from fulfilment.models import Connection
from sales.services.documents.prefixes import begin_alike, check_their_prefix
from sales.services.errors import NumberTaken


def prefixes_of_connections() -> list[tuple[str, str]]:
    """Return the prefix and the name of each connection that has one."""
    numbering = Connection.objects.exclude(number_prefix="")
    return list(numbering.order_by("pk").values_list("number_prefix", "name"))


def check_prefix(connection: Connection) -> None:
    """Refuse a prefix that begins as a series of ours, or as that of another connection."""
    prefix = connection.number_prefix
    if not prefix:
        return
    check_their_prefix(prefix)
    others = Connection.objects.exclude(code=connection.code).exclude(number_prefix="")
    for other in others.order_by("pk"):
        if begin_alike(prefix, other.number_prefix):
            raise NumberTaken(
                _(
                    "Numbers of %(other)s begin with %(theirs)s, so those of %(connection)s "
                    "cannot begin with %(prefix)s: give the two different prefixes.",
                    other=other,
                    theirs=other.number_prefix,
                    connection=connection,
                    prefix=prefix,
                ),
                field="number_prefix",
            )
