"""Form of mapping a code of another system to a record of ours."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from fulfilment.dialects.supply import Code
from fulfilment.services.mappings import NAME_HINT, called, record_called, suggestions
from web.forms.base import StyledForm


class MapCodeForm(StyledForm):
    """Form of mapping a code: one of the suggested records, or another by its code or name."""

    suggested = forms.ChoiceField(label=_("Suggested"), widget=forms.RadioSelect, required=False)
    another = forms.CharField(
        label=_("Another one"),
        max_length=200,
        required=False,
        help_text=NAME_HINT,
    )

    def __init__(self, *args: Any, code: Code, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = code[0]
        self.records = {str(each.pk): each for each in suggestions(code)}
        choices = [(key, called(self.kind, each)) for key, each in self.records.items()]
        self.fields["suggested"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField
        if not choices:
            del self.fields["suggested"]

    def clean(self) -> dict[str, Any]:
        """Find the record: what is typed counts before what is suggested."""
        cleaned = self.cleaned_data
        typed, chosen = cleaned.get("another"), cleaned.get("suggested")
        if typed:
            try:
                return {**cleaned, "record": record_called(self.kind, typed)}
            except DomainError as error:
                self.add_error("another", str(error))
        elif chosen:
            return {**cleaned, "record": self.records[chosen]}
        elif not self.errors:
            self.add_error("another", gettext("Choose a record, or type the code or name of one."))
        return cleaned
