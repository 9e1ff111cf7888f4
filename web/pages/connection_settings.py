"""Cards of a supply-chain connection: who does what, whose values count, and what is mapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from common.formatting import format_rate
from crm.models import User
from fulfilment.exchanged_fields import OWNER_NAMES, name_of_policy
from fulfilment.models import Connection
from fulfilment.models import Mapping as MappingRow
from fulfilment.models.tolerances import read_over_delivery
from fulfilment.services.mapping_checks import MappingCheck
from fulfilment.sync.policies import Owner
from sales.models import Company
from web.display import Chip, Fact
from web.pages.cards import Card, CardRow


def duties(connection: Connection, companies: Sequence[Company]) -> list[Fact]:
    """Say whose orders are shared, who ships and bills them, and how theirs are taken in."""
    served = [each for each in companies if connection.serves(each.pk)]
    shipped = [each for each in served if each.shipped_by == connection.code]
    billed = [each for each in served if each.billed_by == connection.code]
    owner = connection.default_owner or gettext("The account's")
    over_delivery = read_over_delivery(connection, connection.config)
    return [
        Fact(gettext("Companies"), _names(served)),
        Fact(gettext("Ships for"), _names(shipped)),
        Fact(gettext("Bills for"), _names(billed)),
        Fact(gettext("Their numbers begin with"), connection.number_prefix or "–"),
        Fact(gettext("Owner of their orders"), owner),
        Fact(gettext("Category of other lines"), connection.default_category or "–"),
        Fact(gettext("Over-delivery up to"), format_rate(over_delivery)),
    ]


def _names(companies: Sequence[Company]) -> str:
    return ", ".join(map(str, companies)) or "–"


def fields_card(connection: Connection) -> Card:
    """Say whose value of each exchanged field counts; it is changed in the administration."""
    fields: dict[Owner, list[str]] = {owner: [] for owner in OWNER_NAMES}
    for policy in connection.policies:
        fields[policy.owner].append(name_of_policy(policy.path))
    return Card(
        title=gettext("Whose value counts"),
        id="fields",
        rows=[
            CardRow(title=str(label), detail=" · ".join(fields[owner]))
            for owner, label in OWNER_NAMES.items()
            if fields[owner]
        ],
    )


def mapping_card(connection: Connection, checks: Sequence[MappingCheck], user: User) -> Card:
    """Say of each kind of code how many there are, and what does not match before it is sent."""
    may_open = user.enters_admin and user.has_perm("fulfilment.view_mapping")
    return Card(
        title=gettext("Mapping"),
        id="mapping",
        rows=[_check_row(connection, each, may_open=may_open) for each in checks],
    )


def _check_row(connection: Connection, check: MappingCheck, *, may_open: bool) -> CardRow:
    chip = Chip(gettext("Matches"), "good", "check")
    if not check.matches:
        chip = Chip(gettext("To check"), "warn", "alert-triangle")
    counted = ngettext("%(count)d code", "%(count)d codes", check.codes)
    return CardRow(
        title=str(MappingRow.Kind(check.kind).label),
        url=_codes_url(connection, check.kind) if may_open else "",
        note=counted % {"count": check.codes},
        detail=" · ".join(_findings(check)),
        chip=chip,
    )


def _codes_url(connection: Connection, kind: str) -> str:
    query = urlencode({"connection__id__exact": connection.pk, "kind__exact": kind})
    return f"{reverse('admin:fulfilment_mapping_changelist')}?{query}"


def _findings(check: MappingCheck) -> Iterator[str]:
    findings = (
        (
            ngettext(
                "%(count)d is sent as we call it: %(names)s",
                "%(count)d are sent as we call them: %(names)s",
                check.unmapped,
            ),
            check.unmapped,
            check.unmapped_examples,
        ),
        (
            ngettext(
                "%(count)d code leads to no record: %(names)s",
                "%(count)d codes lead to no record: %(names)s",
                check.dangling,
            ),
            check.dangling,
            check.dangling_examples,
        ),
    )
    for text, count, names in findings:
        if count:
            shown = ", ".join(names) + (" …" if count > len(names) else "")
            yield text % {"count": count, "names": shown}
