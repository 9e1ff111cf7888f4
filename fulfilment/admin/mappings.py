"""Admin pages of mappings: codes of other systems, and the records of ours that they mean."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.form_sentences import PlainErrors
from crm.admin.base import RecordAdmin
from fulfilment.inbound.message_actions import apply_waiting
from fulfilment.models import Mapping
from fulfilment.services.mappings import NAME_HINT, called, mapped_records, record_called


class MappingForm(PlainErrors, forms.ModelForm[Mapping]):
    """A mapping; the record of ours is found by its code or name, among those of the kind."""

    record_id = forms.CharField(
        label=_("our record"),
        max_length=200,
        help_text=NAME_HINT,
    )

    class Meta:
        model = Mapping
        fields = ("connection", "kind", "their_code", "record_id", "is_outward")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["record_id"] = our_record(self.instance)

    def clean(self) -> dict[str, Any] | None:
        """Find the record among those of the kind; left as it was shown, it stays."""
        cleaned = super().clean() or self.cleaned_data
        kind, name = cleaned.get("kind"), cleaned.get("record_id")
        if not kind or not name:
            return cleaned
        if not {"kind", "record_id"} & set(self.changed_data):
            return {**cleaned, "record_id": self.instance.record_id}
        try:
            return {**cleaned, "record_id": record_called(kind, name).pk}
        except DomainError as error:
            self.add_error("record_id", str(error))
            return cleaned


def our_record(mapping: Mapping) -> str:
    """Write what the record of a mapping is called; a dash if it is gone."""
    record = mapped_records([mapping]).get(mapping.record_id)
    return called(mapping.kind, record) if record else "–"


@admin.register(Mapping)
class MappingAdmin(RecordAdmin[Mapping]):
    """Mappings of every connection; what waited for a code is applied once it is mapped."""

    form = MappingForm
    list_display = ("their_code", "kind", "record_called", "connection", "is_outward")
    list_filter = ("connection", "kind", "is_outward")
    list_select_related = ("connection",)
    search_fields: ClassVar = ("their_code",)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Find the records of all rows at once."""
        changelist: Any = super().get_changelist_instance(request)
        records = mapped_records(changelist.result_list)
        for row in changelist.result_list:
            row.record = records.get(row.record_id)
        return changelist

    @admin.display(description=_("our record"))
    def record_called(self, mapping: Any) -> str:
        """Return what our record is called."""
        return called(mapping.kind, mapping.record) if mapping.record else "–"

    def save_model(self, request: HttpRequest, obj: Mapping, form: Any, change: bool) -> None:
        """Save, and apply the messages that waited for the code."""
        super().save_model(request, obj, form, change)
        apply_waiting(obj.connection, obj.key)
