"""Unused code: every definition of the apps is named outside of tests, demo and benchmarks."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping

import pytest

from tests.architecture.sources import ROOT, TREES, Function

Definition = Function | ast.Assign | ast.AnnAssign

HOOKS = {
    r"__\w+__": "Python",
    r"app_name|urlpatterns": "Django's URL resolver",
    r"_get_validation_exclusions|build_widget_attrs|clean_\w+|decompress": "Django's forms",
    r"full_clean": "Django's forms, to validate",
    r"bound_data": "Django's form fields",
    r"format_value|label_from_instance|value_\w+_data(dict)?": "Django's widgets and choice fields",
    r"process_view": "Django's middleware",
    r"add_arguments|handle": "Django's management commands",
    r"process_(exception|view)": "Django's middleware",
    r"get_permission_denied_message": "Django's PermissionRequiredMixin",
    r"(add|autocomplete|changeform|delete)_view|formfield_for_\w+": "the Django admin",
    r"has_replay_permission|user_change_password": "the Django admin",
    r"get_(actions|fieldsets|inlines|list_display)|response_add": "the Django admin",
    r"get_changelist_instance": "the Django admin",
    r"delete_model|save_(model|related)": "the Django admin, to write",
    r"create_superuser|get_by_natural_key|get_user|is_open_for_signup": "Django and allauth",
    r"get_condition": "django-pgtrigger",
    r"get_accept_list": "Django REST framework",
    r"get_form_class": "django-filter",
    r"get_(serializer_name|summary)|to_internal_value": "Django REST framework and drf-spectacular",
    r"allow_request|finalize_response|get_authenticate_header|patch": "Django REST framework",
    r"get_security_definition|map_serializer_field": "drf-spectacular",
    r"get_(all|available|default)_scopes|_authenticate_\w+|save_bearer_token": "the OAuth toolkit",
    r"do_[A-Z]+|log_message|handle_(data|endtag|starttag)": "http.server and html.parser",
}
"""Names that a library calls, and which."""

EXCEPTIONS = {
    r"config/settings\.py: [A-Z_0-9]+": "read by Django and the libraries it names",
    r"config/api_settings\.py: [A-Z_0-9]+": "read by the OAuth toolkit and drf-spectacular",
    r"config/celery\.py: close_stale_connections": "connected to a signal of Celery",
    r"fulfilment/tasks\.py: finish_deliveries": "connected to signals of Celery",
    r"(api|web)/tasks\.py: forget_\w+": "called by Celery by its name",
    r"fulfilment/tasks\.py: (read_orders|reconcile|sweep)": "called by Celery by its name",
    r"sales/services/integrity/\w+\.py: register": "called in a loop over these modules",
    r"web/templatetags/ui\.py: (icon|idempotency_key)": "a tag that templates name",
    r"fulfilment/management/commands/handoffs\.py: _\w+": "called by the name of the action",
}
"""Other definitions that nothing names, and why they stay."""

IDENTIFIERS = re.compile(r"[\w.:]+")
WORD = re.compile(r"\w+")
COMMENT = re.compile(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", re.DOTALL)


def definitions(tree: ast.Module, *, with_methods: bool = True) -> Iterator[tuple[str, Definition]]:
    """Every function and constant of a module, and every method of its classes, by name."""
    for node in tree.body:
        if isinstance(node, Function):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((each.id, node) for each in targets if isinstance(each, ast.Name))
    for owner in ast.walk(tree):
        if with_methods and isinstance(owner, ast.ClassDef):
            yield from ((each.name, each) for each in owner.body if isinstance(each, Function))


def names_in(tree: ast.AST) -> Counter[str]:
    """How often a source names each thing; what it defines, exports or imports does not count.

    Names in strings count where the string is nothing but names: ``"fulfilment.tasks.deliver"``.
    """
    counted: Counter[str] = Counter()
    for node in parts_of(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            counted[node.id] += 1
        elif isinstance(node, ast.Attribute):
            counted[node.attr] += 1
        elif isinstance(node, ast.alias) and node.asname:
            counted[node.name] += 1
        elif isinstance(node, ast.Constant) and IDENTIFIERS.fullmatch(str(node.value)):
            counted.update(WORD.findall(str(node.value)))
    return counted


def parts_of(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node of a source without those of ``__all__``."""
    exported = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for part in ast.walk(node)
    }
    return (node for node in ast.walk(tree) if node not in exported)


def unused(trees: Mapping[str, ast.Module], named: Counter[str]) -> list[str]:
    """Every definition that only itself names, as ``file: name``."""
    return [
        f"{file}: {name}"
        for file, tree in trees.items()
        for name, node in definitions(tree)
        if named[name] == names_in(node)[name]
    ]


def unreached(trees: Mapping[str, ast.Module], others: Iterable[ast.Module] = ()) -> list[str]:
    """Every function and constant that neither its own module nor an import reaches.

    A name of another module does not count as a use: it must be imported from this one, read as an
    attribute of the imported module, or written as a whole path in a string.
    """
    modules = {module_of(file) for file in trees}
    reached = {path for tree in (*trees.values(), *others) for path in paths_in(tree, modules)}
    return [
        f"{file}: {name}"
        for file, tree in trees.items()
        for name, node in definitions(tree, with_methods=False)
        if loads_of(name, tree) == loads_of(name, node)
        and f"{module_of(file)}.{name}" not in reached
    ]


def module_of(file: str) -> str:
    """The dotted name of a module by its file."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def loads_of(name: str, tree: ast.AST) -> int:
    """How often a name is read within a tree."""
    return sum(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        for node in ast.walk(tree)
    )


def paths_in(tree: ast.Module, modules: Collection[str]) -> Iterator[str]:
    """The dotted paths of all that a source imports, reads of an imported module, or writes out."""
    imported: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for each in node.names:
                path = f"{node.module}.{each.name}"
                yield path
                if path in modules:
                    imported[each.asname or each.name] = path
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{imported.get(node.value.id, node.value.id)}.{node.attr}"
        elif isinstance(node, ast.Constant) and IDENTIFIERS.fullmatch(str(node.value)):
            yield str(node.value).replace(":", ".")


def is_called_elsewhere(found: str) -> bool:
    """Whether a definition is a hook of a library, or an exception."""
    name = found.partition(": ")[2]
    hooked = any(re.fullmatch(pattern, name) for pattern in HOOKS)
    return hooked or any(re.fullmatch(pattern, found) for pattern in EXCEPTIONS)


def named_in_production() -> Counter[str]:
    """How often the apps, their migrations and templates, and tools name a thing.

    What the demo and the benchmarks name is no use of it.
    """
    named = sum_of(names_in(tree) for tree in (*PRODUCTION.values(), *SCRIPTS))
    texts = [*(ROOT / "templates").rglob("*.*"), ROOT / "Makefile", ROOT / "pyproject.toml"]
    return named + sum_of(WORD.findall(COMMENT.sub("", path.read_text())) for path in texts)


def sum_of(counted: Iterable[Iterable[str]]) -> Counter[str]:
    """Add up counts."""
    total: Counter[str] = Counter()
    for each in counted:
        total.update(each)
    return total


PRODUCTION = {file: tree for file, tree in TREES.items() if not file.startswith("demo/")}
SCRIPTS = [
    ast.parse(path.read_text()) for path in (*ROOT.glob("*/migrations/*.py"), ROOT / "manage.py")
]
UNUSED = sorted({*unused(PRODUCTION, named_in_production()), *unreached(PRODUCTION, SCRIPTS)})


def test_everything_is_named_in_production() -> None:
    assert [found for found in UNUSED if not is_called_elsewhere(found)] == []


@pytest.mark.parametrize("pattern", [*HOOKS, *EXCEPTIONS])
def test_every_exception_is_needed(pattern: str) -> None:
    subjects = UNUSED if pattern in EXCEPTIONS else [found.partition(": ")[2] for found in UNUSED]

    assert any(re.fullmatch(pattern, subject) for subject in subjects)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("def f(): pass", ["a.py: f"]),
        ("def f(): pass\nf()", []),
        ("def f(n): return f(n - 1)", ["a.py: f"]),
        ("A = 1", ["a.py: A"]),
        ("A: int = 1\nB = A + 1", ["a.py: B"]),
        ("class C:\n    def m(self): pass", ["a.py: m"]),
        ("class C:\n    def m(self): pass\nC().m", []),
        ("__all__ = ['f']\ndef f(): pass", ["a.py: __all__", "a.py: f"]),
        ("def f(): pass\nimport_string('a.f')", []),
        ("def f(): pass\nprint('says f aloud')", ["a.py: f"]),
    ],
)
def test_finds_what_nothing_names(source: str, found: list[str]) -> None:
    tree = ast.parse(source)

    assert unused({"a.py": tree}, names_in(tree)) == found


@pytest.mark.parametrize(
    ("source", "other", "found"),
    [
        ("def f(): pass", "def g(f): return f", ["a/b.py: f"]),
        ("def _f(): pass", "def _f(): pass\n_f()", ["a/b.py: _f"]),
        ("A = 1", "from c import A\nA", ["a/b.py: A"]),
        ("A = 1", "from a.b import A", []),
        ("A = 1\nprint(A)", "", []),
        ("def f(n): return f(n - 1)", "", ["a/b.py: f"]),
        ("def f(): pass", "from a import b\nb.f()", []),
        ("def f(): pass", "from a import b as c\nc.f()", []),
        ("def f(): pass", "from c import b\nb.f()", ["a/b.py: f"]),
        ("def f(): pass", "NAMED = 'a.b.f'", []),
    ],
)
def test_finds_what_no_import_reaches(source: str, other: str, found: list[str]) -> None:
    trees = {"a/b.py": ast.parse(source)}

    assert unreached(trees, [ast.parse(other)]) == found
