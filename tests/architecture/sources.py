"""The sources that the architecture tests read."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("api", "common", "config", "crm", "demo", "fulfilment", "sales", "sandbox", "web")

SOURCES = sorted(
    path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts
)
TEXTS = {path.relative_to(ROOT).as_posix(): path.read_text() for path in SOURCES}
TREES = {name: ast.parse(source) for name, source in TEXTS.items()}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_served(name: str) -> bool:
    """Whether a file is part of what runs in production."""
    return not name.startswith(("demo/", "sandbox/"))


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function of a module, nested ones and methods too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def committed_files() -> list[str]:
    """Every file of the repository by its path, new ones too; none outside of a checkout."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = filter(None, listed.stdout.split("\0"))
    return sorted(name for name in names if (ROOT / name).is_file())
