"""Paths in the documentation: each one in backticks or behind a link exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, committed_files

DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/adr/*.md", "sandbox/*.md")
    for path in ROOT.glob(pattern)
)
IGNORED = {
    line.strip("/\n") for line in (ROOT / ".gitignore").read_text().splitlines() if line[:1] == "/"
}
"""What a checkout makes for itself may be named, and need not exist."""

CODE_BLOCK = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
IN_BACKTICKS = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
PATH = re.compile(r"[\w.*<>-]+(/[\w.*<>-]+)*/?")
FILE = re.compile(r"\.(cfg|css|html|in|ini|js|json|md|png|py|sh|toml|txt|yaml|yml)$")
PLACEHOLDER = re.compile(r"<[^<>]+>")
TOP_LEVEL = {path.name for path in ROOT.iterdir()}


def is_path(text: str) -> bool:
    """Whether a text in backticks names a file or folder of the repository."""
    if not PATH.fullmatch(text):
        return False
    return bool(FILE.search(text)) or ("/" in text and text.partition("/")[0] in TOP_LEVEL)


def paths_in(markdown: str) -> list[str]:
    """The paths that a document has in backticks, outside of code blocks."""
    return [text for text in IN_BACKTICKS.findall(CODE_BLOCK.sub("", markdown)) if is_path(text)]


def exists(path: str, folder: Path = ROOT) -> bool:
    """Whether a path exists; ``*`` and ``<placeholder>`` stand for any name."""
    if path.partition("/")[0] in IGNORED:
        return True
    return any(folder.glob(PLACEHOLDER.sub("*", path).rstrip("/")))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_paths_in_backticks_exist(document: str) -> None:
    missing = [path for path in paths_in((ROOT / document).read_text()) if not exists(path)]

    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_to_files(document: str) -> None:
    folder = (ROOT / document).parent
    targets = [
        target
        for target in LINK.findall((ROOT / document).read_text())
        if not target.startswith(("http://", "https://", "mailto:"))
    ]

    assert [target for target in targets if not (folder / target).exists()] == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sales/models/orders.py", True),
        ("README.md", True),
        ("sales/pricing/", True),
        ("web/views/<noun>.py", True),
        ("tests/sales/test_*.py", True),
        ("GET /healthz", False),
        ("/handoffs/", False),
        ("application/json", False),
        ("common.identifiers.uuid7", False),
        ("python manage.py migrate", False),
    ],
)
def test_recognises_paths(text: str, expected: bool) -> None:
    assert is_path(text) is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("manage.py", True),
        ("sales/models/<noun>.py", True),
        ("sales/models/no_such_*.py", False),
        ("no_such_folder/", False),
        ("var/static", True),
    ],
)
def test_sees_whether_a_path_exists(path: str, expected: bool) -> None:
    assert exists(path) is expected


def test_nothing_has_the_marks_of_a_merge() -> None:
    marked = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
    files = (ROOT / name for name in committed_files())

    assert [
        str(path) for path in files if path.is_file() and marked.search(path.read_bytes())
    ] == []
