"""Generic views of records: a list, and a form with an optimistic lock."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin, PermissionRequiredMixin
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.views import View
from django_filters import FilterSet

from common.errors import DomainError
from common.formatting import format_day, format_moment, format_money, plain_number
from common.identifiers import uuid7
from common.keyset import COUNT_LIMIT, Group, capped_count, capped_groups, keyset_page
from web.display import Column, Link, Row, StrOrPromise
from web.forms.base import add_refusal, status_of_forms
from web.htmx import go_to, refuse, show_message
from web.http import missing_right
from web.pages.forms import FormPage
from web.pages.lists import Empty, ListPage, with_query
from web.record_urls import record_url
from web.rendering import render_dialog, render_page

ModelT = TypeVar("ModelT", bound=models.Model)


class PermittedView(LoginRequiredMixin, PermissionRequiredMixin, View):
    """A view that requires a permission."""

    @property
    def person(self) -> Any:
        """Return the user of the request."""
        return self.request.user

    def get_permission_denied_message(self) -> str:
        """Name the right that is missing, and the roles that have it."""
        missing = (
            each for each in self.get_permission_required() if not self.person.has_perm(each)
        )
        return str(missing_right(next(missing)))


class ListScreen(PermittedView, Generic[ModelT]):
    """List view: visible records, filtered and paginated; each row links to its record."""

    heading: ClassVar[StrOrPromise]
    columns: ClassVar[Sequence[Column]]
    filter_class: ClassVar[type[FilterSet]]
    empty: ClassVar[Empty]
    template_name: ClassVar[str] = "base/list.html"
    order: ClassVar[tuple[str, ...]] = ("-pk",)
    page_size: ClassVar[int] = 50
    new_label: ClassVar[StrOrPromise] = ""
    """The label of the button for a new record; without it there is none."""
    grouped_by: ClassVar[str] = ""
    """The column by which totals are taken, such as the currency; empty for no totals."""
    summed: ClassVar[str | None] = None
    """The column that is added up; None where records are only counted."""

    def get_permission_required(self) -> tuple[str, ...]:
        """Ask for the right to view records of this kind."""
        meta = self.records().model._meta
        return (f"{meta.app_label}.view_{meta.model_name}",)

    def records(self) -> models.QuerySet[ModelT]:
        """Return every record the reader may see."""
        raise NotImplementedError  # each screen has its own

    def cells(self, record: ModelT) -> Sequence[object]:
        """Return what stands in each column."""
        raise NotImplementedError  # each screen has its own

    def make_filter(self) -> FilterSet:
        """Build the filter of what the reader may see."""
        return self.filter_class(self.request.GET, queryset=self.records(), request=self.request)

    def shown_columns(self) -> Sequence[Column]:
        """Return the columns that are shown to this reader."""
        return self.columns

    def read_beside(self, records: Sequence[ModelT]) -> None:
        """Read what the cells of a page show beside the records themselves."""

    def note(self, record: ModelT) -> str:
        """Return a note beside the first cell."""
        return ""

    def totalled(self, records: models.QuerySet[ModelT]) -> models.QuerySet[ModelT]:
        """Return the records with the column that is added up."""
        return records

    def total(self, group: Group) -> str:
        """Write one total; different currencies are never added."""
        return format_money(group.sum, group.key)

    def build(self, **fields: Any) -> ListPage:
        """Build the page; a screen that shows more than its list builds another one."""
        return ListPage(**fields)

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show one page of the list."""
        chosen = self.make_filter()
        records = chosen.qs if chosen.is_valid() else self.records().none()
        after = request.GET.get("after", "")
        found = keyset_page(records, self.order, after=after, size=self.page_size)
        self.read_beside(found.records)
        page = self.build(
            heading=self.heading,
            columns=self.shown_columns(),
            rows=[self._row(record) for record in found.records],
            filter=chosen,
            filtered=chosen.form.is_bound and any(chosen.form.cleaned_data.values()),
            newest_url=with_query(request.GET, after="") if after else "",
            older_url=with_query(request.GET, after=found.after) if found.after else "",
            empty=self.empty,
            new=self._new(),
            **self._count(records),
        )
        return render_page(request, self.template_name, page)

    def _row(self, record: ModelT) -> Row:
        cells = zip(self.cells(record), self.shown_columns(), strict=True)
        return Row(record_url(record), list(cells), self.note(record))

    def _new(self) -> Link | None:
        meta = self.records().model._meta
        may_add = self.request.user.has_perm(f"{meta.app_label}.add_{meta.model_name}")
        if not self.new_label or not may_add:
            return None
        return Link(self.new_label, reverse(f"{meta.app_label}:{meta.model_name}-new"))

    def _count(self, records: models.QuerySet[ModelT]) -> dict[str, Any]:
        """Count the records and add them up in one statement; beyond the limit only count them."""
        if not self.grouped_by:
            return {"counted": _counted(capped_count(records)), "sums": [], "no_sums": ""}
        groups = capped_groups(self.totalled(records), self.grouped_by, self.summed)
        count = sum(group.count for group in groups)
        if count <= COUNT_LIMIT:
            sums = [self.total(group) for group in groups]
            return {"counted": _counted(count), "sums": sums, "no_sums": ""}
        reason = gettext(
            "Totals are not shown beyond %(count)d records. Filter the list to see them."
        )
        return {"counted": _counted(count), "sums": [], "no_sums": reason % {"count": COUNT_LIMIT}}


def _counted(count: int) -> str:
    if count > COUNT_LIMIT:
        return gettext("more than %(count)d records") % {"count": COUNT_LIMIT}
    return ngettext("%(count)d record", "%(count)d records", count) % {"count": count}


class FormScreen(PermittedView, Generic[ModelT]):
    """Make or edit a record; pressing twice makes one, and two editors do not overwrite unseen.

    A new record's id is drawn when its form is shown, so the same form sent twice is the same
    record.
    """

    form_class: ClassVar[Any]
    template_name: ClassVar[str] = "base/form.html"
    save_label: ClassVar[StrOrPromise] = ""

    def visible(self) -> models.QuerySet[ModelT]:
        """Return every record the person may see."""
        records: models.QuerySet[ModelT] = self.form_class._meta.model.objects.visible_to(
            self.person
        )
        return records

    def get_permission_required(self) -> tuple[str, ...]:
        """Ask for the right to add, or to change, a record of this kind."""
        meta = self.visible().model._meta
        action = "change" if "pk" in self.kwargs else "add"
        return (f"{meta.app_label}.{action}_{meta.model_name}",)

    def heading(self, record: ModelT) -> str:
        """Name the form."""
        if record._state.adding:
            return gettext("New %(kind)s") % {"kind": record._meta.verbose_name}
        return str(record)

    def back(self, record: ModelT) -> Link:
        """Return where *Cancel* leads: to the record, or to the list."""
        meta = record._meta
        if not record._state.adding:
            return Link(str(record), record_url(record))
        label = str(meta.verbose_name_plural).capitalize()
        return Link(label, reverse(f"{meta.app_label}:{meta.model_name}-list"))

    def initial(self) -> dict[str, Any]:
        """Return what a new record's form is filled with."""
        return {}

    def refusal_reason(self, record: ModelT) -> str:
        """Return why the record cannot be edited; empty when it can."""
        return ""

    def prepare(self, record: ModelT) -> None:
        """Set what a new record has beside the form's fields."""

    def save(self, form: forms.ModelForm[Any]) -> ModelT:
        """Keep what was typed."""
        saved: ModelT = form.save()
        return saved

    def make_form(self, record: ModelT, data: Any = None) -> forms.ModelForm[Any]:
        """Build the form."""
        form: forms.ModelForm[Any] = self.form_class(data, instance=record, initial=self.initial())
        return form

    def get(self, request: HttpRequest, pk: uuid.UUID | None = None) -> HttpResponse:
        """Show the form."""
        record = self._record(pk)
        if reason := self._reason(record):
            return self._refuse(record, reason)
        return self._show(record, self.make_form(record))

    @transaction.atomic
    def post(self, request: HttpRequest, pk: uuid.UUID | None = None) -> HttpResponse:
        """Save the form, or show it again with what was typed and what is wrong."""
        known = self._already_made() if pk is None else None
        if known is not None:
            return go_to(request, record_url(known))
        record = self._record(pk, lock=True)
        if reason := self._reason(record):
            return self._refuse(record, reason)
        now = _stamp(record)
        form = self.make_form(record, request.POST)
        theirs = dict(form.initial)
        if not form.is_valid():
            return self._show(record, form)
        if pk is not None and request.POST.get("seen") != now:
            return self._show(record, form, problem=_conflict(form, theirs), seen=now)
        return self._keep(record, form)

    def _keep(self, record: ModelT, form: forms.ModelForm[Any]) -> HttpResponse:
        try:
            with transaction.atomic():
                saved = self.save(form)
        except DomainError as error:
            add_refusal(form, error)
            return self._show(record, form)
        except IntegrityError:
            if (known := self._already_made()) is None:
                raise
            return go_to(self.request, record_url(known))
        show_message(self.request, gettext("%(record)s saved.") % {"record": saved})
        return go_to(self.request, record_url(saved))

    def _reason(self, record: ModelT) -> str:
        return "" if record._state.adding else self.refusal_reason(record)

    def _refuse(self, record: ModelT, reason: str) -> HttpResponse:
        return refuse(self.request, reason, record_url(record))

    def _record(self, pk: uuid.UUID | None, *, lock: bool = False) -> ModelT:
        if pk is None:
            record = self.visible().model(pk=self._fresh_id())
            self.prepare(record)
            return record
        records = self.visible().select_for_update(of=("self",)) if lock else self.visible()
        return get_object_or_404(records, pk=pk)

    def _fresh_id(self) -> uuid.UUID:
        try:
            return uuid.UUID(self.request.POST.get("new_id", ""))
        except ValueError:
            return uuid7()

    def _already_made(self) -> ModelT | None:
        return self.visible().filter(pk=self._fresh_id()).first()

    def _show(
        self, record: ModelT, form: forms.ModelForm[Any], *, problem: str = "", seen: str = ""
    ) -> HttpResponse:
        new = record._state.adding
        page = FormPage(
            heading=self.heading(record),
            form=form,
            back=self.back(record),
            save_label=self.save_label or gettext("Save"),
            problem=problem,
            new_id=str(record.pk) if new else "",
            seen="" if new else seen or self.request.POST.get("seen") or _stamp(record),
        )
        status = HTTPStatus.CONFLICT if problem else status_of_forms(form)
        return render_dialog(self.request, self.template_name, "form-card", page, status=status)


def _stamp(record: models.Model) -> str:
    """Return what changes whenever the record does: its version, else when it was changed."""
    version, changed = getattr(record, "version", None), getattr(record, "updated_at", None)
    return str(version) if version else changed.isoformat() if changed else ""


def _conflict(form: forms.ModelForm[Any], theirs: dict[str, Any]) -> str:
    """Describe what was saved while this form was open."""
    differing = [
        f"{form[name].label}: {_format(field, theirs.get(name))}"
        for name, field in form.fields.items()
        if field.has_changed(theirs.get(name), form.data.get(form.add_prefix(name)))
    ]
    return gettext(
        "This record was saved while you were editing it. It now says: %(values)s. "
        "Save again to keep what you typed instead."
    ) % {"values": "; ".join(differing) or gettext("the same as you typed")}


def _format(field: forms.Field, value: Any) -> str:
    if value in (None, ""):
        return "–"
    if isinstance(field, forms.ModelChoiceField):
        return str(field.to_python(value))
    if choices := getattr(field, "choices", ()):
        return str(dict(choices).get(value, value))
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    shown = field.prepare_value(value)
    if isinstance(shown, Decimal):
        return plain_number(shown)
    if isinstance(shown, dt.datetime):
        return format_moment(shown)
    return format_day(shown) if isinstance(shown, dt.date) else str(shown)
