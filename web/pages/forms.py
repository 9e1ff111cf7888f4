"""Page of a form: edits a record, or asks for the input of an action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms

from web.display import Link, StrOrPromise
from web.pages.field_changes import FieldChange


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPage:
    """A form with its heading, the button that sends it, and the way back."""

    heading: str
    form: forms.BaseForm
    back: Link
    save_label: StrOrPromise
    icon: str = "check"
    """The icon of the button."""
    summary: str = ""
    problem: str = ""
    """Why what was typed was refused as a whole."""
    new_id: str = ""
    """The id of the record to be made, so that the same form sent twice makes one."""
    seen: str = ""
    """The version that is edited, so that two editors do not overwrite each other unseen."""
    changes: Sequence[FieldChange] = ()
    """What would change, if that is known before anything is typed."""
