"""Rendering of models between migrations: only those that a step changes, not all related ones.

Django renders every model within two relations of the changed one after each operation, which are
nearly all of ours; that was four fifths of the time that setting up a database took. What a step
writes to the database depends on its own model, and on what refers to it, directly or not, if the
step changes a relation or a column that others refer to. Python in a migration gets all models
rendered anew, as ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.migrations.state import ProjectState

ModelKey = tuple[str, str]
"""Label of the app and name of the model in lower case."""


@contextmanager
def few_models_rendered() -> Iterator[None]:
    """Let migrations render no more models than they need."""
    usual = ProjectState._find_reload_model  # type: ignore[attr-defined]  # private
    ProjectState._find_reload_model = _changed_models  # type: ignore[attr-defined]  # private
    try:
        yield
    finally:
        ProjectState._find_reload_model = usual  # type: ignore[attr-defined]  # private


def _changed_models(
    state: ProjectState, app_label: str, model_name: str, delay: bool = False
) -> set[ModelKey]:
    """List the models to render again; ``delay`` says that no relation is concerned."""
    state.is_delayed = True
    changed = (app_label, model_name)
    return {changed} if delay else _with_referring(state, changed)


def _with_referring(state: ProjectState, model: ModelKey) -> set[ModelKey]:
    found, ahead = {model}, [model]
    while ahead:
        referring = state.relations[ahead.pop()].keys() - found
        found |= referring
        ahead += referring
    return found
