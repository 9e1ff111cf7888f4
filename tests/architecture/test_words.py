"""Vocabulary: the terms of the field find their modules, and old words of our own are gone."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.sources import ROOT, TEXTS, TREES, committed_files

TERMS = {
    "audit log": "common/history.py",
    "bulk update": "common/rows.py",
    "circuit breaker": "fulfilment/outbound/circuit_breaker.py",
    "cloudevents": "fulfilment/cloudevents.py",
    "connector": "fulfilment/connectors/base.py",
    "deduplication": "fulfilment/inbound/intake.py",
    "document flow": "web/pages/document_flow.py",
    "document kinds": "sales/models/document_kinds.py",
    "event log": "sales/models/events.py",
    "fault injection": "sandbox/faults.py",
    "health check": "config/health.py",
    "idempotent": "fulfilment/inbound/intake.py",
    "integration log": "fulfilment/monitoring/integration_log.py",
    "integrity checks": "sales/services/integrity/checks.py",
    "keyset pagination": "common/keyset.py",
    "lease": "fulfilment/outbound/leases.py",
    "metrics": "fulfilment/monitoring/metrics.py",
    "outbox": "fulfilment/outbound/fan_out.py",
    "process supervisor": "demo/supervisor.py",
    "retry schedule": "fulfilment/outbound/retry_schedule.py",
    "backoff": "fulfilment/outbound/retry_schedule.py",
    "row triggers": "common/triggers.py",
    "ssrf": "fulfilment/connectors/ssrf.py",
    "state machine": "common/transitions.py",
    "webhook": "fulfilment/connectors/webhook.py",
}
"""Terms that a reader searches for, and the module whose first docstring line has them."""

MENTIONS = {
    "idempotency key": "fulfilment/connectors/base.py",
    "optimistic lock": "sales/services/documents/drafts.py",
}
"""Terms for a part of a module, found in its text."""

OLD_WORDS = {
    *("bell", "bystander", "deed", "desk", "door", "errand", "heard", "house", "hush", "judge"),
    *("lattice", "nudge", "nursery", "preflight", "sounding", "speakable", "switchboard", "tether"),
    *("told", "verdict", "vitals", "witness"),
}
"""Words of an earlier vocabulary, without a meaning of their own in a CRM."""

OLD_NAMES = {
    *("because", "give_back", "hang_up", "kept_reads", "looks", "story_of", "stuck_because"),
    *("why", "why_not"),
    *("Apart", "Behind", "Left", "Misfit", "OddReversal", "Paid", "Said", "Standing", "said"),
}
"""Names of it that are ordinary words or made of them."""

OUT_OF_TESTS = {"Said", "give_back", "looks", "said", "why"}
"""Those of them that tests and benchmarks do not use either."""

EXCEPTIONS = {
    ("CHANGELOG.md", "vitals"): "names the command as it was called before",
    ("demo/sample_data/catalogue.py", "house"): "sells a house espresso",
    ("demo/sample_data/customers.py", "house"): "sells to Foxglove Coffee Houses",
    ("tests/fulfilment/test_migrations.py", "told"): "names a column as it was called before",
    ("tests/architecture/test_words.py", "*"): "lists them",
}

SEARCHED = (".css", ".html", ".js", ".md", ".py", ".toml", ".yaml", "Makefile")
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""A word of prose, or a part of a name in camel or snake case."""


def is_searched(name: str) -> bool:
    """Whether a file is searched: migrations keep the words of their time."""
    return name.endswith(SEARCHED) and "/migrations/" not in name


def words_in(text: str) -> set[str]:
    """The words of a text and of the names in it, in lower case, plurals as singulars too."""
    words = {word.lower() for word in WORD.findall(text)}
    return words | {word.removesuffix("s") for word in words}


def old_words_in(name: str) -> set[str]:
    """The old words in a file or its path, but for the exceptions."""
    if (name, "*") in EXCEPTIONS:
        return set()
    found = words_in(f"{name} {(ROOT / name).read_text()}") & OLD_WORDS
    return {word for word in found if (name, word) not in EXCEPTIONS}


def names_in(tree: ast.AST) -> set[str]:
    """The names that a module defines, uses, or passes as arguments."""
    names: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                names.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.keyword(arg=str(name)):
                names.add(name)
    return names


@pytest.mark.parametrize(("term", "module"), TERMS.items())
def test_finds_a_module_by_its_term(term: str, module: str) -> None:
    first_line = (ast.get_docstring(TREES[module]) or "").partition("\n")[0]

    assert term in first_line.lower()


@pytest.mark.parametrize(("term", "module"), MENTIONS.items())
def test_finds_a_part_of_a_module_by_its_term(term: str, module: str) -> None:
    assert term in TEXTS[module].lower()


def test_old_words_are_gone() -> None:
    found = {name: old_words_in(name) for name in committed_files() if is_searched(name)}

    assert {name: words for name, words in found.items() if words} == {}


def test_old_names_are_gone() -> None:
    found = {name: names_in(tree) & OLD_NAMES for name, tree in TREES.items()}
    for path in (*ROOT.glob("tests/**/*.py"), *ROOT.glob("bench/**/*.py")):
        found[path.relative_to(ROOT).as_posix()] = (
            names_in(ast.parse(path.read_text())) & OUT_OF_TESTS
        )

    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source", ["def story_of(order): ...", "skip(because=1)", "pool.hang_up()", "because = 1"]
)
def test_recognises_old_names(source: str) -> None:
    assert names_in(ast.parse(source)) & OLD_NAMES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It rings the bell.", True),
        ("take_vitals()", True),
        ("class Nudger(Bell):", True),
        ("NURSERY = 1", True),
        ("label = umbel", False),
        ("bellow", False),
    ],
)
def test_recognises_old_words(text: str, expected: bool) -> None:
    assert bool(words_in(text) & OLD_WORDS) is expected
