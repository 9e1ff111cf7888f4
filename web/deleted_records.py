"""Records that were deleted before a form about them arrived: what they were, and who did it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext

from crm.models import OwnedQuerySet, User
from web.record_urls import page_above

HOME = "/"


def find_deleted(error: Exception, named: Mapping[str, Any], user: User) -> models.Model | None:
    """Return the last state of the deleted record that an error is about; None for other errors.

    ``named`` are the values of the URL. What the user could not see stays unknown to them.
    """
    model = _missing_model(error)
    history = getattr(model, "pgh_event_model", None)
    if model is None or history is None:
        return None
    ids = [value for value in named.values() if isinstance(value, uuid.UUID)]
    deleted = history._default_manager.filter(id__in=ids, pgh_label="delete")
    state: models.Model | None = deleted.select_related("pgh_context").first()
    return state if state is not None and _was_visible(model, state, user) else None


def deletion_text(state: Any, user: User) -> str:
    """Say that a record was deleted, and by whom."""
    kind = state.pgh_tracked_model._meta.verbose_name
    facts = state.pgh_context.metadata if state.pgh_context else {}
    if facts.get("actor_id") == str(user.pk):
        return gettext("You deleted this %(kind)s already.") % {"kind": kind}
    person = facts.get("actor") or "Throughline"
    return gettext("This %(kind)s was deleted meanwhile by %(person)s.") % {
        "kind": kind,
        "person": person,
    }


def way_on(request: HttpRequest, state: Any) -> str:
    """Return the page that a deleted record was a part of, else the list of its kind."""
    above = page_above(request.path)
    if above != request.path and str(state.id) not in above:
        return above
    meta = state.pgh_tracked_model._meta
    try:
        return reverse(f"{meta.app_label}:{meta.model_name}-list")
    except NoReverseMatch:
        return HOME


def _missing_model(error: Exception) -> type[models.Model] | None:
    """Return the model of which a row was looked for in vain."""
    missing = error.__context__ if isinstance(error, Http404) else error
    if not isinstance(missing, ObjectDoesNotExist):
        return None
    known: Iterable[Any] = apps.get_models()
    return next((each for each in known if type(missing) is each.DoesNotExist), None)


def _was_visible(model: type[models.Model], state: Any, user: User) -> bool:
    """Return whether the user could see a row, by its owner or by the record it was a part of."""
    records = model._default_manager.all()
    if user.sees_everything:
        return True
    if isinstance(records, OwnedQuerySet) and not records.owner_path:
        return state.owner == user.pk or state.team in user.visible_team_ids
    whole = records.owner_path.removesuffix("__") if isinstance(records, OwnedQuerySet) else ""
    parents = [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey)
        and (field.name == whole or field.remote_field.on_delete is models.CASCADE)
    ]
    return all(_is_visible(field, state, user) for field in parents)


def _is_visible(field: models.ForeignKey[Any, Any], state: Any, user: User) -> bool:
    """Return whether the user sees the record that a deleted one pointed to."""
    parents = field.related_model._default_manager.all()
    if not isinstance(parents, OwnedQuerySet):
        return True
    pk = getattr(state, field.name)
    return pk is None or parents.visible_to(user).filter(pk=pk).exists()
