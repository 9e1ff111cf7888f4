"""History tables (audit log): every state of every row, since when, and who changed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pghistory
from django.contrib.contenttypes.models import ContentType
from django.db import models

ModelT = TypeVar("ModelT", bound=type[models.Model])


def keeps_history(*, without: tuple[str, ...] = ()) -> Callable[[ModelT], ModelT]:
    """Keep every state of a model's rows in ``<Model>History``, but for the columns left out.

    Triggers write it, so it also sees bulk updates and raw SQL.
    """

    def keep(model: ModelT) -> ModelT:
        table = model.__name__.lower()  # names apart even where the hashes of two tables meet
        kept: ModelT = pghistory.track(
            pghistory.InsertEvent(trigger_name=f"{table}_inserted"),
            pghistory.UpdateEvent(trigger_name=f"{table}_updated"),
            pghistory.DeleteEvent(trigger_name=f"{table}_deleted"),
            exclude=list(without) or None,
            obj_field=None,
            model_name=f"{model.__name__}History",
            attrs={"id": models.UUIDField(db_index=True, editable=False), **_plain_ids(model)},
        )(model)
        return kept

    return keep


def history_model(model: type[models.Model]) -> type[models.Model]:
    """Return the model with the states of a model that keeps its history."""
    found: type[models.Model] = model.pgh_event_model  # type: ignore[attr-defined]  # set by the library
    return found


def _plain_ids(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """Keep plain ids instead of relations: history outlives the rows it points to."""
    return {
        field.name: _id_column(field)
        for field in model._meta.local_fields
        if isinstance(field, models.ForeignKey)
    }


def _id_column(field: models.ForeignKey[Any, Any]) -> models.Field[Any, Any]:
    """Keep the id, indexed where the row is a part of what it points to."""
    column = f"{field.name}_id"
    if field.remote_field.model is ContentType:
        return models.IntegerField(null=True, db_column=column)
    whole = field.remote_field
    is_part = whole.on_delete is models.CASCADE and whole.model is not field.model
    return models.UUIDField(null=True, db_column=column, db_index=is_part)
