"""Rendering of models between migrations: what a step concerns, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ModelState, ProjectState

from common.migration_rendering import few_models_rendered
from tests.database_assertions import rows, sql

COLUMNS = """
SELECT table_name, column_name, udt_name, character_maximum_length, numeric_precision,
  numeric_scale, is_nullable, is_identity, generation_expression
FROM information_schema.columns WHERE table_schema = current_schema
"""
CONSTRAINTS = """
SELECT conrelid::regclass::text, contype, pg_get_constraintdef(oid), condeferrable, condeferred
FROM pg_constraint WHERE connamespace = current_schema::regnamespace
"""
INDEXES = """
SELECT tablename, regexp_replace(indexdef, 'INDEX \\S+ ON \\w+\\.', 'INDEX ON ')
FROM pg_indexes WHERE schemaname = current_schema
"""
OURS = {"api", "crm", "fulfilment", "sales", "web"}
NAMES = ("machine", "order", "delivery", "colour")


@pytest.fixture
def state() -> Iterator[ProjectState]:
    """Orders of machines, a delivery per order, and a colour that none of them knows."""
    order = models.OneToOneField("shop.Order", models.CASCADE, primary_key=True)
    fields: dict[str, list[tuple[str, models.Field[Any, Any]]]] = {
        "Machine": [("id", models.AutoField(primary_key=True))],
        "Order": [
            ("machine", models.OneToOneField("shop.Machine", models.CASCADE, primary_key=True))
        ],
        "Delivery": [("order", order)],
        "Colour": [("id", models.AutoField(primary_key=True))],
    }
    keys = {("shop", name.lower()): ModelState("shop", name, own) for name, own in fields.items()}
    with few_models_rendered():
        yield ProjectState(keys)


def ours(found: set[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Leave out the tables of Django and of other packages."""
    return {row for row in found if row[0].split("_")[0] in OURS}


def rendered_again(state: ProjectState, before: dict[str, type[models.Model]]) -> set[str]:
    return {name for name, model in before.items() if state.apps.get_model("shop", name) != model}


def classes(state: ProjectState) -> dict[str, type[models.Model]]:
    return {name: state.apps.get_model("shop", name) for name in NAMES}


def test_renders_the_model_of_a_plain_column(state: ProjectState) -> None:
    before = classes(state)

    state.add_field("shop", "order", "name", models.TextField(), preserve_default=True)

    assert rendered_again(state, before) == {"order"}
    assert state.apps.get_model("shop", "order")._meta.get_field("name")


def test_renders_what_refers_to_a_changed_key_directly_or_not(state: ProjectState) -> None:
    before = classes(state)

    state.alter_field("shop", "machine", "id", models.BigAutoField(primary_key=True), True)

    assert rendered_again(state, before) == {"machine", "order", "delivery"}
    key = state.apps.get_model("shop", "delivery")._meta.pk
    assert key is not None
    assert key.db_type(connection) == "bigint"


def test_renders_all_models_for_code(state: ProjectState) -> None:
    before = classes(state)
    state.add_field("shop", "order", "name", models.TextField(), preserve_default=True)

    state.clear_delayed_apps_cache()

    assert rendered_again(state, before) == set(NAMES)


@pytest.mark.django_db
def test_migrations_end_in_the_tables_that_the_models_declare() -> None:
    migrated = [rows(query) for query in (COLUMNS, CONSTRAINTS, INDEXES)]
    sql("CREATE SCHEMA declared")
    sql("SET LOCAL search_path TO declared, public")
    with connection.schema_editor() as editor:
        for model in apps.get_models():
            if model._meta.can_migrate(connection):
                editor.create_model(model)

    declared = [rows(query) for query in (COLUMNS, CONSTRAINTS, INDEXES)]

    for found, expected in zip(migrated, declared, strict=True):
        assert ours(found) == ours(expected)
    assert len(ours(declared[0])) > 1000
