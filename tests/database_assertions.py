"""Database assertions: constraints and triggers refuse or accept a write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations import RunPython, RunSQL
from django.db.migrations.recorder import MigrationRecorder
from django.test.utils import CaptureQueriesContext

from common.migration_rendering import few_models_rendered
from sales.services.integrity.verification import verify


@contextmanager
def refused(table: str, rule: str) -> Iterator[None]:
    """Assert that this rule of the database refuses the writes inside, at commit at the latest."""
    with pytest.raises(IntegrityError, match=f"{table} {rule}: "), transaction.atomic():
        yield
        connection.check_constraints()


@contextmanager
def accepted() -> Iterator[None]:
    """Assert that the database accepts the writes inside, also at commit."""
    with transaction.atomic():
        yield
        connection.check_constraints()


def sql(statement: str, *values: Any) -> None:
    """Write past every service and model."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def rows(query: str) -> set[tuple[Any, ...]]:
    """Read what a query finds, whatever the models know of its columns."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        return set(cursor.fetchall())


def migrate(app: str, name: str) -> None:
    """Migrate an app to one of its migrations, back or forth.

    The triggers are those of today, which may name columns that are not there yet or any more.
    """
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # a table with pending checks cannot be altered
    with pgtrigger.ignore(), few_models_rendered():
        MigrationExecutor(connection).migrate([(app, name)])


def run_data_steps(app: str, name: str) -> None:
    """Run what a migration does with rows, on the tables of today, which is faster than going back.

    Whatever it does with tables is left out.
    """
    migration = import_module(f"{app}.migrations.{name}").Migration
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    with pgtrigger.ignore(), connection.schema_editor(atomic=False) as editor:
        for step in migration.operations:
            if isinstance(step, RunPython):
                step.code(apps, editor)  # type: ignore[arg-type]  # the models of today
            elif isinstance(step, RunSQL):
                sql(str(step.sql))


def migrate_to_latest(app: str) -> None:
    """Migrate an app to where its models are, and then those that were taken back with it."""
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    for name, latest in sorted(leaves, key=lambda leaf: leaf[0] != app):
        if (name, latest) not in MigrationRecorder(connection).applied_migrations():
            migrate(name, latest)


def tamper(statement: str) -> None:
    """Write something untrue that no trigger is asked about."""
    with pgtrigger.ignore():
        sql(statement)
        connection.check_constraints()


HISTORY = "rows are as their history has them"
"""The check that finds any value changed past the triggers."""


def found_in_documents() -> list[str]:
    """Name what is wrong by the documents alone, without their history."""
    found = verify()
    return [str(each) for name in found if name != HISTORY for each in found[name]]


def history_of(record: models.Model) -> models.QuerySet[Any]:
    """Read every state a record was in, the oldest first; ``pgh_context`` names who changed it."""
    kept: models.QuerySet[Any] = record.pgh_event_model._default_manager.filter(id=record.pk)  # type: ignore[attr-defined]  # set by the library
    return kept.select_related("pgh_context").order_by("pgh_id")


def statements_of(action: Callable[[], object]) -> int:
    """Count the SQL statements of an action."""
    with CaptureQueriesContext(connection) as captured:
        action()
    return len(captured)
