"""The rules of the house that a machine can check."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from pghistory.models import Event

from common.transitions import Stateful

ROOT = Path(__file__).resolve().parents[2]
APPS = ("api", "common", "config", "crm", "demo", "fulfilment", "sales", "sandbox", "web")
LONGEST_FILE = 400
LONGEST_FUNCTION = 40
HTTP_CLIENTS = {"aiohttp", "http.client", "httpx", "requests", "urllib.request", "urllib3"}

ENQUEUES = {"delay", "apply_async", "send_task"}

SOURCES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
)
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in SOURCES}
TREES = {name: ast.parse(source) for name, source in TEXTS.items()}
RECORDS = [
    model
    for app in ("crm", "sales", "fulfilment")
    for model in apps.get_app_config(app).get_models()
    if not issubclass(model, Event)  # history is nobody's record; its rows have no address
]


def is_served(name: str) -> bool:
    """Whether a file is part of what runs in production."""
    return not name.startswith(("demo/", "sandbox/"))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many lines a function has."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def is_import(node: ast.AST) -> bool:
    """Whether a node imports something."""
    return isinstance(node, ast.Import | ast.ImportFrom)


def is_ready(name: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function is AppConfig.ready, which imports what needs the models."""
    return name.endswith("/apps.py") and function.name == "ready"


def called(tree: ast.AST) -> set[str]:
    """Every name that a module reaches for in an object."""
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function in a module, nested ones and methods too."""
    return (
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def imported(tree: ast.AST) -> set[str]:
    """Every module a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of the tree in ``folder``."""
    program = Path(sys.executable).with_name("lint-imports")
    command = [str(program), "--no-logo", "--no-cache"]
    return subprocess.run(
        command,
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_imports_point_one_way() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr


AGAINST_THE_ARROWS = {
    "sales/services/__init__.py": "fulfilment.models",
    "crm/models/__init__.py": "sales.models",
    "sales/pricing/money.py": "django.db",
    "sales/models/__init__.py": "sales.services",
    "sandbox/__init__.py": "common.errors",
    "fulfilment/models/__init__.py": "demo.apps",
}


def test_an_import_against_the_arrows_breaks_lint(tmp_path: Path) -> None:
    for app in APPS:
        shutil.copytree(ROOT / app, tmp_path / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    for file, module in AGAINST_THE_ARROWS.items():
        target = tmp_path / file
        target.write_text(f"{target.read_text()}\nimport {module}\n")

    done = lint_imports(tmp_path)

    assert done.returncode == 1
    for file, module in AGAINST_THE_ARROWS.items():
        importer = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        app = module.partition(".")[0]
        told = rf"{re.escape(importer)} (->|is not allowed to import) {app}"
        assert re.search(told, done.stdout), f"{importer} -> {module}"


def test_files_are_short() -> None:
    assert [name for name, source in TEXTS.items() if source.count("\n") > LONGEST_FILE] == []


def test_functions_are_short_and_hide_no_import() -> None:
    offenders = [
        f"{name}: {function.name}"
        for name, tree in TREES.items()
        for function in functions(tree)
        if length(function) > LONGEST_FUNCTION
        or (any(map(is_import, ast.walk(function))) and not is_ready(name, function))
    ]
    assert offenders == []


def test_only_tasks_enqueue() -> None:
    offenders = [
        name
        for name, tree in TREES.items()
        if is_served(name) and name != "fulfilment/tasks.py" and called(tree) & ENQUEUES
    ]
    assert offenders == []


def test_only_connectors_speak_http() -> None:
    offenders = [
        name
        for name, tree in TREES.items()
        if is_served(name)
        and not name.startswith("fulfilment/connectors/")
        and imported(tree) & HTTP_CLIENTS
    ]
    assert offenders == []


def test_nothing_is_left_for_later() -> None:
    left = ("TODO", "FIXME", "XXX")
    assert [n for n, source in TEXTS.items() if any(word in source for word in left)] == []


def test_no_drawer_is_called_miscellaneous() -> None:
    vague = {"utils", "util", "helpers", "helper", "misc", "manager", "managers"}

    assert not [str(path) for path in SOURCES if vague & {path.stem, path.parent.name}]


def test_no_signals_carry_our_flow() -> None:
    assert [n for n, text in TEXTS.items() if is_served(n) and "django.dispatch" in text] == []


def test_nothing_committed_names_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            assert str(ROOT).encode() not in path.read_bytes(), name


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_record_has_a_public_id(record: type[models.Model]) -> None:
    key = record._meta.pk
    while isinstance(key, models.OneToOneField):
        key = key.target_field

    assert isinstance(key, models.UUIDField)


@pytest.mark.parametrize(
    "record",
    [record for record in RECORDS if issubclass(record, Stateful)],
    ids=lambda r: r.__name__,
)
def test_moves_name_statuses_that_exist(record: type[Stateful]) -> None:
    [status] = [field for field in record._meta.fields if field.name == "status"]
    known = {value for value, _ in status.flatchoices}
    moves = record.TRANSITIONS

    assert {str(start) for start in moves} <= known
    assert {str(target) for targets in moves.values() for target in targets} <= known
