"""Project rules: sizes, names of modules, keys and transitions of models."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from pghistory.models import Event

from common.transitions import Stateful
from tests.architecture.sources import (
    ROOT,
    SOURCES,
    TEXTS,
    TREES,
    Function,
    committed_files,
    functions,
)

LONGEST_FILE = 400
LONGEST_TEST_FILE = 450
LONGEST_FUNCTION = 40
UNFINISHED = ("TODO", "FIXME", "XXX")  # what is searched for in the sources
VAGUE = {"utils", "util", "helpers", "helper", "misc", "manager", "managers"}

SERVICE = re.compile(
    r"(crm|fulfilment|sales)/(services|outbound|inbound|monitoring|connectors)/(\w+/)?(?!__)\w+\.py"
)
TESTED_ELSEWHERE = {
    "fulfilment/connectors/base.py": "an interface, without behaviour",
    "fulfilment/outbound/delivery_thread.py": "by test_isolation.py, with slow and broken systems",
    "fulfilment/inbound/fields.py": "by the schemas that have the field",
    "fulfilment/inbound/schemas.py": "by the intake of the API, which answers each mistake",
    "fulfilment/services/bulk_sql.py": "by completion and references, which write with it",
    "sales/services/billing/invoice_parts.py": "by test_order_invoices.py and test_deductions.py",
    "sales/services/errors.py": "by test_errors.py beside this file",
    **{
        f"sales/services/integrity/{name}.py": "by test_verification.py, which runs every check"
        for name in (
            "advance_checks",
            "billing_checks",
            "checks",
            "history_checks",
            "ledger_checks",
            "price_checks",
            "quote_checks",
            "rounding",
        )
    },
}
"""Service modules without a test file of their name, and by what they are tested."""

IGNORES = re.compile(r"# (noqa|type: ignore)\b")  # what ignores a rule of ruff or mypy
REASON = re.compile(r"# (noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])  # \w")

FACT = re.compile(r"return self\.status == self\.Status\.(\w+)")
COMPARED = re.compile(r"\.status [!=]= ((?:\w+\.)*\w+)\.(\w+)")
SHORT_NAME = re.compile(r"^(\w+) = (\w+\.Status)$", re.MULTILINE)  # Status = Order.Status

FAULT_MARKS = re.compile(r"mark\.(core|faults)\b")

RECORDS = [
    model
    for app in ("crm", "sales", "fulfilment")
    for model in apps.get_app_config(app).get_models()
    if not issubclass(model, Event)  # rows of the history have no URL
]


def file_of_tests(module: str) -> Path:
    """Where the tests of a module stand: in the folder of its app, by its name."""
    app, _, rest = module.partition("/")
    return ROOT / "tests" / app / f"test_{Path(rest).name}"


def length(function: Function) -> int:
    """How many lines a function has."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_files_are_short() -> None:
    assert [name for name, source in TEXTS.items() if source.count("\n") > LONGEST_FILE] == []


def test_test_files_are_short() -> None:
    offenders = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").rglob("*.py")
        if path.read_text().count("\n") > LONGEST_TEST_FILE
    ]
    assert offenders == []


def ignores_without_reason(source: str) -> list[str]:
    """The lines that switch a check off and do not say why beside it."""
    return [
        line for line in source.splitlines() if IGNORES.search(line) and not REASON.search(line)
    ]


def test_every_check_that_is_switched_off_has_its_reason_beside_it() -> None:
    offenders = {
        name: found
        for name in committed_files()
        if name.endswith(".py")
        if (found := ignores_without_reason((ROOT / name).read_text()))
    }
    assert offenders == {}


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("import os  @noqa: F401", True),  # a planted one, without its reason
        ("import os  @noqa: F401, E402", True),  # a planted one, without its reason
        ("import os  @noqa: F401  what the settings read", True),
        ("import os  @noqa: F401  # what the settings read", False),
        ("run(**how)  @type: ignore[arg-type]", True),  # a planted one, without its reason
        ("run(**how)  @type: ignore[arg-type, call-arg]  # the fields of a form", False),
        ("run(**how)  # how it is done", False),
    ],
)
def test_a_reason_is_a_comment_of_its_own(line: str, is_found: bool) -> None:
    assert bool(ignores_without_reason(line.replace("@", "# "))) == is_found


def test_functions_are_short() -> None:
    offenders = [
        f"{name}: {function.name}"
        for name, tree in TREES.items()
        for function in functions(tree)
        if length(function) > LONGEST_FUNCTION
    ]
    assert offenders == []


def test_nothing_is_unfinished() -> None:
    assert [n for n, source in TEXTS.items() if any(word in source for word in UNFINISHED)] == []


def test_no_module_has_a_vague_name() -> None:
    assert not [str(path) for path in SOURCES if VAGUE & {path.stem, path.parent.name}]


def test_every_service_module_has_a_test_file_of_its_name() -> None:
    missing = [
        name
        for name in TEXTS
        if SERVICE.match(name) and name not in TESTED_ELSEWHERE and not file_of_tests(name).exists()
    ]

    assert missing == []


@pytest.mark.parametrize("name", TESTED_ELSEWHERE)
def test_only_what_has_no_test_file_is_an_exception(name: str) -> None:
    assert name in TEXTS
    assert not file_of_tests(name).exists()


def test_nothing_committed_names_this_machine() -> None:
    place = str(ROOT).encode()

    assert [name for name in committed_files() if place in (ROOT / name).read_bytes()] == []


def facts_of(name: str, source: str) -> set[str]:
    """The statuses that properties of a model stand for, as they are written elsewhere."""
    if "/models/" not in name:
        return set()
    models = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    return {
        f"{model.name}.Status.{status}"
        for model in models
        for status in FACT.findall(ast.unparse(model))
    }


def compared_elsewhere(texts: Mapping[str, str]) -> list[str]:
    """Every comparison with a status for which the model has a property, as ``file: status``."""
    known = {fact for name, source in texts.items() for fact in facts_of(name, source)}
    return [
        f"{name}: {status}"
        for name, source in texts.items()
        for status in compared_in(source)
        if status in known
    ]


def compared_in(source: str) -> list[str]:
    """The statuses that are compared in a module, with the short names it gives resolved."""
    short = dict(SHORT_NAME.findall(source))
    return [f"{short.get(of, of)}.{status}" for of, status in COMPARED.findall(source)]


def test_faults_are_marked_only_where_make_faults_collects_them() -> None:
    marked = [
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if FAULT_MARKS.search(path.read_text())
    ]

    assert marked
    assert [name for name in marked if not name.startswith("tests/faults/")] == []


def test_a_status_that_the_model_has_a_word_for_is_compared_there_alone() -> None:
    model = "class A:\n    def is_b(self):\n        return self.status == self.Status.B\n"
    caller = "a.status == A.Status.B or a.status != A.Status.C"

    short = "Status = A.Status\n\na.status == Status.B or a.status == Status.C"
    planted = {"x/models/a.py": model, "b.py": caller, "c.py": short}

    assert compared_elsewhere(planted) == ["b.py: A.Status.B", "c.py: A.Status.B"]
    assert compared_elsewhere(TEXTS) == []


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
def test_transitions_name_statuses_that_exist(record: type[Stateful]) -> None:
    [status] = [field for field in record._meta.fields if field.name == "status"]
    known = {value for value, _ in status.flatchoices}
    transitions = record.TRANSITIONS

    assert {str(start) for start in transitions} <= known
    assert {str(target) for targets in transitions.values() for target in targets} <= known
