"""Import rules: the contracts of `.importlinter`, each seen broken, and what only some import."""

from __future__ import annotations

import ast
import configparser
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture.sources import APPS, ROOT, TEXTS, TREES, Function, functions, is_served

PURE_FOLDERS = ("sales/pricing/", "fulfilment/sync/")
PURE_OF_COMMON = {"common.currencies", "common.days", "common.errors", "common.sentences"}
"""What pure code may use of ours beside itself; the contract holds that they are pure too."""

HTTP_CLIENTS = {"aiohttp", "http.client", "httpx", "requests", "urllib.request", "urllib3"}
ENQUEUES = {"delay", "apply_async", "send_task"}

FORBIDDEN = {
    "directions": (
        ("common.errors", "crm.models"),
        ("crm.models", "sales.models"),
        ("sales.services", "fulfilment.models"),
        ("fulfilment.models", "web.display"),
        ("fulfilment.services", "api.problems"),
        ("web.display", "api.problems"),
        ("api.problems", "web.display"),
        ("api.urls", "config.urls"),
        ("config.urls", "demo.apps"),
    ),
    "sandbox": (("sandbox", "common.errors"), ("sandbox.errors", "django")),
    "production": (("crm.services", "sandbox.errors"), ("config.health", "demo.apps")),
    "pure": (
        ("sales.pricing.money", "django"),
        ("fulfilment.sync.status_order", "rest_framework"),
        ("fulfilment.sync.merge", "redis"),
        ("fulfilment.sync.arrivals", "celery"),
        ("sales.pricing.lines", "psycopg"),
        ("common.errors", "django"),
        ("common.sentences", "babel"),
    ),
    "crm": (
        ("crm.models.leads", "crm.services.leads"),
        ("crm.services.leads", "crm.forms"),
        ("crm.forms", "crm.admin"),
    ),
    "sales": (
        ("sales.pricing.money", "sales.models"),
        ("sales.models.orders", "sales.services.orders"),
        ("sales.services.orders", "sales.admin"),
    ),
    "services": (
        ("sales.services.errors", "sales.services.events"),
        ("sales.services.events", "sales.services.prices.costs"),
        ("sales.services.prices.costs", "sales.services.documents.drafts"),
        ("sales.services.documents.drafts", "sales.services.billing.ledgers"),
        ("sales.services.billing.ledgers", "sales.services.invoices"),
        ("sales.services.invoices", "sales.services.order_invoices"),
        ("sales.services.order_invoices", "sales.services.orders"),
        ("sales.services.orders", "sales.services.quotes"),
        ("sales.services.quotes", "sales.services.integrity.verification"),
    ),
    "fulfilment": (
        ("fulfilment.sync.status_order", "fulfilment.models"),
        ("fulfilment.models.handoffs", "fulfilment.connectors"),
        ("fulfilment.connectors.base", "fulfilment.services.connections"),
        ("fulfilment.services.connections", "fulfilment.outbound.drain"),
        ("fulfilment.outbound.leases", "fulfilment.inbound.intake"),
        ("fulfilment.inbound.intake", "fulfilment.outbound.drain"),
        ("fulfilment.outbound.drain", "fulfilment.monitoring.metrics"),
        ("fulfilment.monitoring.metrics", "fulfilment.tasks"),
        ("fulfilment.tasks", "fulfilment.admin"),
    ),
    "fulfilment_services": (
        ("fulfilment.services.bulk_sql", "fulfilment.services.mappings"),
        ("fulfilment.services.mappings", "fulfilment.services.mapping_checks"),
        ("fulfilment.services.mapping_checks", "fulfilment.services.order_sync.units"),
    ),
    "order_sync": (
        (
            "fulfilment.services.order_sync.units",
            "fulfilment.services.order_sync.order_readings",
        ),
        (
            "fulfilment.services.order_sync.order_readings",
            "fulfilment.services.order_sync.new_remote_orders",
        ),
        (
            "fulfilment.services.order_sync.new_remote_orders",
            "fulfilment.services.order_sync.remote_orders",
        ),
    ),
    "web": (
        ("web.htmx", "web.display"),
        ("web.display", "web.filters"),
        ("web.filters", "web.chips"),
        ("web.chips", "web.forms.base"),
        ("web.forms.base", "web.pages"),
        ("web.pages", "web.rendering"),
        ("web.rendering", "web.screens"),
        ("web.screens", "web.actions"),
        ("web.actions", "web.views"),
        ("web.views", "web.urls"),
    ),
    "api": (
        ("api.inputs", "api.permissions"),
        ("api.permissions", "api.preconditions"),
        ("api.preconditions", "api.pagination"),
        ("api.pagination", "api.writes"),
        ("api.writes", "api.views"),
        ("api.views", "api.asyncapi"),
        ("api.asyncapi", "api.urls"),
    ),
    "templatetags": (
        ("web.templatetags.ui", "crm.models"),
        ("web.templatetags.ui", "sales.models"),
        ("web.templatetags.ui", "fulfilment.models"),
    ),
}
"""For each contract of `.importlinter`: importers and what they must not import."""

EXHAUSTIVE = {
    "api": "api",
    "crm": "crm",
    "sales": "sales",
    "services": "sales.services",
    "fulfilment": "fulfilment",
    "fulfilment_services": "fulfilment.services",
    "order_sync": "fulfilment.services.order_sync",
    "web": "web",
}
"""Contracts in which each module of a package has a layer, by their key."""

CIRCLES = (
    ("common", "common.errors", "common.transitions"),
    ("crm.services", "crm.services.activities", "crm.services.leads"),
    ("sales.models", "sales.models.catalogue", "sales.models.orders"),
    ("fulfilment", "fulfilment.errors", "fulfilment.connectors.webhook"),
)
"""Packages, and in each an import that closes a circle; the contract of circles sees them."""


def contracts() -> set[str]:
    """The keys of the contracts in `.importlinter`."""
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter")
    prefix = "importlinter:contract:"
    sections = parser.sections()
    return {name.removeprefix(prefix) for name in sections if name.startswith(prefix)}


def lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Check the import contracts of the tree in ``folder``."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [str(program), "--no-logo", "--no-cache", *options],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )


def file_of(folder: Path, module: str) -> Path:
    """The file of a module in the tree in ``folder``."""
    path = folder / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def test_the_tree_keeps_all_contracts() -> None:
    done = lint_imports(ROOT)

    assert done.returncode == 0, done.stdout + done.stderr


def copy_with_imports(folder: Path, imports: Iterable[tuple[str, str]]) -> None:
    """Copy the tree to ``folder``, with more imports: importers, and what they import."""
    for app in APPS:
        shutil.copytree(ROOT / app, folder / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", folder)
    for importer, imported in imports:
        with file_of(folder, importer).open("a") as file:
            file.write(f"\nimport {imported}\n")


def test_every_contract_has_a_forbidden_import() -> None:
    assert contracts() == FORBIDDEN.keys() | {"circles"}


@pytest.mark.parametrize("contract", FORBIDDEN)
def test_forbidden_imports_break_their_contract(contract: str, tmp_path: Path) -> None:
    copy_with_imports(tmp_path, FORBIDDEN[contract])

    done = lint_imports(tmp_path, "--contract", contract)

    assert done.returncode == 1
    chains = [f"{importer} -> {imported} (l." for importer, imported in FORBIDDEN[contract]]
    assert [chain for chain in chains if chain not in done.stdout] == []


def test_circles_break_their_contract(tmp_path: Path) -> None:
    copy_with_imports(tmp_path, [(importer, imported) for _, importer, imported in CIRCLES])

    done = lint_imports(tmp_path, "--contract", "circles")

    assert done.returncode == 1
    lines = [f"No cycles are allowed in {package}." for package, _, _ in CIRCLES]
    assert [line for line in lines if line not in done.stdout] == []


def test_a_module_without_a_layer_breaks_each_contract_of_layers(tmp_path: Path) -> None:
    copy_with_imports(tmp_path, [])
    for package in EXHAUSTIVE.values():
        (tmp_path / package.replace(".", "/") / "new_module.py").write_text("")

    for contract, package in EXHAUSTIVE.items():
        done = lint_imports(tmp_path, "--contract", contract)
        assert (done.returncode, f"{package}.new_module" in done.stdout) == (1, True), done.stdout


def impure_imports(tree: ast.AST) -> set[str]:
    """What a module imports beside the standard library, pure folders, errors and sentences."""
    pure = tuple(folder.replace("/", ".") for folder in PURE_FOLDERS)
    allowed = sys.stdlib_module_names | PURE_OF_COMMON
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else _names(node))
    }
    return {
        name
        for name in imported
        if name and not name.startswith(pure) and not {name, name.partition(".")[0]} & allowed
    }


def _names(node: ast.Import) -> list[str | None]:
    return [alias.name for alias in node.names]


@pytest.mark.parametrize("path", [path for path in sorted(TREES) if path.startswith(PURE_FOLDERS)])
def test_pure_modules_import_only_pure_ones(path: str) -> None:
    assert impure_imports(TREES[path]) == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from decimal import Decimal\nimport calendar", set()),
        ("from sales.pricing.money import ZERO\nfrom common.errors import DomainError", set()),
        ("import redis", {"redis"}),
        ("import httpx, enum", {"httpx"}),
        ("from common.formatting import format_day", {"common.formatting"}),
        ("from sales.models import Order", {"sales.models"}),
    ],
)
def test_finds_what_is_not_pure(source: str, found: set[str]) -> None:
    assert impure_imports(ast.parse(source)) == found


def imported_modules(tree: ast.AST) -> set[str]:
    """Every module that a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def attributes(tree: ast.AST) -> set[str]:
    """Every attribute that a module uses."""
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def is_ready(name: str, function: Function) -> bool:
    """Whether a function is AppConfig.ready, which imports what needs the models."""
    return name.endswith("/apps.py") and function.name == "ready"


def test_functions_hide_no_import() -> None:
    offenders = [
        f"{name}: {function.name}"
        for name, tree in TREES.items()
        for function in functions(tree)
        if not is_ready(name, function)
        and any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
    ]
    assert offenders == []


def test_only_tasks_enqueue() -> None:
    offenders = [
        name
        for name, tree in TREES.items()
        if is_served(name) and name != "fulfilment/tasks.py" and attributes(tree) & ENQUEUES
    ]
    assert offenders == []


def test_only_connectors_use_an_http_client() -> None:
    offenders = [
        name
        for name, tree in TREES.items()
        if is_served(name)
        and not name.startswith("fulfilment/connectors/")
        and imported_modules(tree) & HTTP_CLIENTS
    ]
    assert offenders == []


def test_no_module_uses_signals() -> None:
    assert [n for n, text in TEXTS.items() if is_served(n) and "django.dispatch" in text] == []
