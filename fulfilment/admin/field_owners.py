"""Form field of field owners: the table of field policies, in which shared fields may be moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from fulfilment.exchanged_fields import OWNER_NAMES, name_of_policy
from fulfilment.sync.policies import POLICIES, Owner

TO_CHOOSE = (Owner.SHARED, Owner.OURS, Owner.THEIRS)


class PolicyTable(forms.Widget):
    """A row for each field that is exchanged: whose value counts, to choose where it is shared."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Draw the table."""
        return render_to_string("connections/policies.html", {"rows": list(_rows(name, value))})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        """Return the owners of the fields that were moved, by their paths."""
        chosen = {path: data.get(f"{name}-{path}", "") for path in _shared()}
        return {path: owner for path, owner in chosen.items() if owner not in ("", Owner.SHARED)}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Nothing is omitted: what is not posted stays shared."""
        return False


class FieldOwnersField(forms.Field):
    """Whose value of a shared field counts: that of both sides unless it is given to one."""

    widget = PolicyTable


def _shared() -> Iterator[str]:
    return (policy.path for policy in POLICIES if policy.owner is Owner.SHARED)


def _rows(name: str, value: Mapping[str, str] | None) -> Iterator[dict[str, Any]]:
    moved = value or {}
    for policy in POLICIES:
        is_shared = policy.owner is Owner.SHARED
        field = name_of_policy(policy.path)
        yield {
            "field": field,
            "name": f"{name}-{policy.path}",
            "label": gettext("Whose value of “%(field)s” counts") % {"field": field},
            "owner": OWNER_NAMES[policy.owner],
            "is_fixed": policy.is_fixed,
            "choices": [
                (owner.value, OWNER_NAMES[owner], owner == moved.get(policy.path, Owner.SHARED))
                for owner in (TO_CHOOSE if is_shared else ())
            ],
        }
