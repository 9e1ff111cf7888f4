"""Base classes of the admin: visible records, read-only pages, messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar, TypeVar

from django.contrib import admin, messages
from django.db import IntegrityError, OperationalError, connection, models
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.constraints import duplicate_of
from common.errors import DomainError
from common.form_fields import NumberField, StorableJSONField, WholeNumberField
from common.form_sentences import PlainErrors
from common.transactions import busy_text, lost_to_another, run_transaction
from crm.admin.widgets import RecordAutocomplete, RecordsAutocomplete
from crm.custom_fields import definitions_of
from crm.custom_values import format_custom_value
from crm.forms import CustomFieldsForm, field_name
from crm.models import CustomField, OwnedQuerySet, User

RecordT = TypeVar("RecordT", bound=models.Model)
AdminAction = Callable[[Any], object]


class AdminForm(PlainErrors, ModelForm[Any]):
    """Form of a record that needs no more than its columns."""


class VisibilityAdmin(admin.options.BaseModelAdmin[Any]):
    """Visibility: people read and choose only records they may see; auditors change nothing."""

    form: type[ModelForm[Any]] = AdminForm

    formfield_overrides: ClassVar[Any] = {
        models.DecimalField: {"form_class": NumberField},
        models.IntegerField: {"form_class": WholeNumberField},
        models.BigIntegerField: {"form_class": WholeNumberField},
        models.JSONField: {"form_class": StorableJSONField},
    }

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may add records."""
        return not _reads_only(request) and self._may_add(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may change records."""
        return not _reads_only(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may delete records."""
        return not _reads_only(request) and super().has_delete_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        """Read only what the person may see on any other screen."""
        return visible(super().get_queryset(request), request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer only records that the person may see."""
        related = db_field.remote_field.model._default_manager.get_queryset()
        if isinstance(related, OwnedQuerySet):
            kwargs.setdefault("queryset", visible(related, request))
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RecordAutocomplete(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Search for the records."""
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", RecordsAutocomplete(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _may_add(self, request: HttpRequest, obj: Any) -> bool:
        if isinstance(self, admin.options.InlineModelAdmin):
            return super().has_add_permission(request, obj)  # type: ignore[call-arg]  # inlines are asked with their parent
        return super().has_add_permission(request)


class ReadOnlyAdmin(VisibilityAdmin):
    """Records that only Throughline writes."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds one by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes one by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes one by hand."""
        return False


class RunsAgainAdmin(admin.ModelAdmin[RecordT]):
    """Saves and deletes again as a whole what lost to another transaction, as in a deadlock."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form."""
        show = partial(super().changeform_view, request, object_id, form_url, extra_context)
        return self.show_or_save(request, show)

    def show_or_save(self, request: HttpRequest, show: Callable[[], HttpResponse]) -> HttpResponse:
        """Show the form, or save it in one transaction."""
        return runs_again(request, show)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask whether to delete, or do so."""
        delete = partial(super().delete_view, request, object_id, extra_context)
        return runs_again(request, delete)


def runs_again(request: HttpRequest, show: Callable[[], HttpResponse]) -> HttpResponse:
    """Show a page, or save its form, again as a whole if it lost to another transaction."""
    return run_transaction(show) if request.method == "POST" else show()


class RecordAdmin(VisibilityAdmin, RunsAgainAdmin[RecordT]):
    """The pages of one kind of record."""

    show_full_result_count = False
    list_per_page = 50

    def show_or_save(self, request: HttpRequest, show: Callable[[], HttpResponse]) -> HttpResponse:
        """Show or save the form; a refusal of the database is a message too."""
        try:
            return super().show_or_save(request, show)
        except DomainError as error:
            problem = str(error)
        except IntegrityError as error:
            contradiction = gettext("Nothing was saved: this contradicts another record.")
            problem = str(duplicate_of(error) or contradiction)
        self.message_user(request, problem, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the rows below; what the database checks at the end is checked here already."""
        super().save_related(request, form, formsets, change)
        connection.check_constraints()

    def do_each(
        self, request: HttpRequest, records: Iterable[RecordT], action: AdminAction, done: str
    ) -> None:
        """Run an action on every chosen record, each in its transaction, with a message."""
        for record in records:
            try:
                result = run_transaction(partial(action, record))
            except DomainError as error:
                self.message_user(request, f"{record}: {error}", messages.ERROR)
            except OperationalError as error:
                if not lost_to_another(error):
                    raise
                self.message_user(request, f"{record}: {busy_text()}", messages.ERROR)
            else:
                message = done % {"record": record, "result": result}
                self.message_user(request, message, messages.SUCCESS)


class LookOnlyAdmin(ReadOnlyAdmin, RecordAdmin[RecordT]):
    """Pages of records that only Throughline writes."""


class CustomFieldsAdmin(RecordAdmin[RecordT]):
    """Shows and edits the custom fields of a kind of record, below its own."""

    form: type[ModelForm[Any]] = CustomFieldsForm
    exclude: ClassVar[tuple[str, ...]] = ("custom",)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Build the form of the record's own fields; it adds the custom ones by itself."""
        if kwargs.get("fields"):
            custom = {field_name(definition) for definition in definitions_of(self.model)}
            kwargs["fields"] = [name for name in kwargs["fields"] if name not in custom]
        return super().get_form(request, obj, change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Put the custom fields into a part of their own, as values where nobody may type."""
        fieldsets = list(super().get_fieldsets(request, obj))
        definitions = definitions_of(self.model)
        if not definitions:
            return fieldsets
        if self._may_type(request, obj):
            names: Any = [field_name(definition) for definition in definitions]
        else:
            names = ["custom_values"]
        return [*fieldsets, (_("Custom fields"), {"fields": names})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show custom values as text where nobody may type them."""
        return (*super().get_readonly_fields(request, obj), "custom_values")

    def get_list_display(self, request: HttpRequest) -> Any:
        """Add the custom fields that are shown in lists."""
        columns = [_column(d) for d in definitions_of(self.model) if d.show_in_list]
        return (*super().get_list_display(request), *columns)

    @admin.display(description=_("values"))
    def custom_values(self, record: Any) -> str:
        """Write the record's custom values, one a line."""
        values = [
            f"{definition.label}: {format_custom_value(definition, record.custom[definition.key])}"
            for definition in definitions_of(record)
            if definition.key in record.custom
        ]
        return "\n".join(values) or "–"

    def _may_type(self, request: HttpRequest, obj: Any) -> bool:
        if obj is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, obj)


def visible(records: models.QuerySet[Any], request: HttpRequest) -> models.QuerySet[Any]:
    """Keep the records that the person who asks may see."""
    if isinstance(records, OwnedQuerySet):
        return records.visible_to(person(request))
    return records


def person(request: HttpRequest) -> User:
    """Return the user of the request; the admin has no anonymous pages."""
    if not isinstance(request.user, User):
        raise TypeError("The admin lets only people in.")
    return request.user


def _reads_only(request: HttpRequest) -> bool:
    return person(request).reads_only


def _column(definition: CustomField) -> Callable[[Any], str]:
    @admin.display(description=definition.label)
    def column(record: Any) -> str:
        value = record.custom.get(definition.key)
        return "" if value is None else format_custom_value(definition, value)

    column.__name__ = field_name(definition)
    return column
