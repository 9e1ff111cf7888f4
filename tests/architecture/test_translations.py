"""Translations: labels are lazy, and makemessages finds every text as a whole."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.utils.functional import Promise
from django_countries.fields import CountryField
from pghistory.models import Event

from tests.architecture.sources import ROOT, TREES, is_served

APPS = ("crm", "sales", "fulfilment")
MODELS = [
    model
    for app in APPS
    for model in apps.get_app_config(app).get_models()
    if not issubclass(model, Event)
]
CHOICES = [
    kind
    for kind in models.TextChoices.__subclasses__()
    if kind.__module__.partition(".")[0] in APPS
]

WORDS = {
    *("_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"),
    *("pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"),
}
"""The functions whose texts makemessages collects: xgettext's for Python, and Django's."""

CONTEXTS = {"pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy"}
"""Those whose first text is a context."""

TRANSLATE = {"django.utils.translation": WORDS, "common.sentences": {"sentence"}}
"""The functions that translate, by their module."""

LOOK_UPS = {
    "common/formatting.py": "the template of a sentence, which is marked where it is made",
    "common/stored_sentences.py": "a label, which is marked in its choices",
}
"""Modules that translate what is not written there, each with the place that marks it."""

WRITTEN_TWICE = {
    "A discount cannot be negative: enter 0 or more.": (
        "a constraint of a price list, and a check of what is typed"
    ),
    "%(record)s is closed as lost.": "what was done, of an opportunity and of a quote",
}
"""Sentences that stand in two places, each with why no function of both can say them."""

SERVED = {name: tree for name, tree in TREES.items() if is_served(name)}
COLLECTED = SERVED | {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text())
    for path in sorted(Path(ROOT, "tests").rglob("*.py"))
}
"""All that makemessages reads, the tests too."""

SCRIPTS = {path.name: path.read_text() for path in sorted(Path(ROOT, "static/js").glob("*.js"))}
SENTENCE = re.compile(r"""(["'`])([A-Z][\w']* [^"`\n]*[.!?])\1""")
"""A text of a script that people would read: makemessages finds none of those."""


def texts_of(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that a catalogue holds: singular and plural."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in WORDS:
        return []
    first = 1 if name in CONTEXTS else 0
    return call.args[first : first + (2 if "ngettext" in name or "npgettext" in name else 1)]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """The calls of a module that translate a text."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and texts_of(node))


def unreadable(tree: ast.AST) -> list[int]:
    """The lines on which a text is translated that is not written there, in one piece."""
    return [call.lineno for call in calls(tree) if not all(map(is_literal, texts_of(call)))]


def is_literal(text: ast.expr) -> bool:
    return isinstance(text, ast.Constant) and isinstance(text.value, str)


def overlooked(tree: ast.AST) -> list[str]:
    """The functions that translate under names that makemessages does not know."""
    return [
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in TRANSLATE.get(node.module or "", ())
        and (alias.asname or alias.name) not in WORDS
    ]


def literals(tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """The texts of a module, each with its plural if it has one."""
    for call in calls(tree):
        if all(map(is_literal, texts_of(call))):
            yield tuple(ast.literal_eval(text) for text in texts_of(call))


def is_country(field: models.Field[Any, Any]) -> bool:
    """Whether the labels of a field's choices are those of its library, already translated."""
    return isinstance(field, CountryField)


@pytest.mark.parametrize("choices", CHOICES, ids=lambda choices: choices.__qualname__)
def test_labels_of_choices_are_translated_when_they_are_read(
    choices: type[models.TextChoices],
) -> None:
    assert [choice for choice in choices if not isinstance(choice.label, Promise)] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_texts_of_a_model_are_translated_when_they_are_read(model: type[models.Model]) -> None:
    fields = model._meta.local_fields

    texts = [
        *(label for field in fields if not is_country(field) for _, label in field.flatchoices),
        *(field.help_text for field in fields),
        *(vars(field)["_verbose_name"] for field in fields),
        model._meta.original_attrs.get("verbose_name"),
        model._meta.original_attrs.get("verbose_name_plural"),
    ]

    assert [text for text in texts if text and not isinstance(text, Promise)] == []


def test_texts_of_the_admin_are_translated_when_they_are_read() -> None:
    pages = [page for model, page in admin.site._registry.items() if model in MODELS]
    titles = [title for page in pages for title, _ in page.fieldsets or () if title]
    descriptions = [
        method.short_description
        for page in pages
        for method in vars(type(page)).values()
        if hasattr(method, "short_description")
    ]

    assert len(titles) + len(descriptions) > 10
    assert [text for text in titles + descriptions if not isinstance(text, Promise)] == []


def test_makemessages_finds_every_text() -> None:
    offenders = [
        f"{name}:{line}"
        for name, tree in SERVED.items()
        if name not in LOOK_UPS
        for line in unreadable(tree)
    ]

    assert offenders == []
    assert [name for name in LOOK_UPS if not unreadable(SERVED[name])] == []


def test_makemessages_finds_every_function_that_translates() -> None:
    assert {name: found for name, tree in SERVED.items() if (found := overlooked(tree))} == {}


def test_scripts_take_their_sentences_from_the_page() -> None:
    page = Path(ROOT, "templates/base/document.html").read_text()
    shown = re.findall(r'showFailure\("(\w+)"\)', SCRIPTS["throughline.js"])

    assert {name: SENTENCE.findall(text) for name, text in SCRIPTS.items()} == {
        name: [] for name in SCRIPTS
    }
    assert len(shown) == 4
    for name in shown:
        attribute = re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name)
        assert re.search(rf' data-{attribute}="{{% translate ', page), name


@pytest.mark.parametrize(
    ("script", "found"),
    [
        ('showToast("The server did not answer. Nothing was saved.", "error")', 1),
        ("show('You may not do that.')", 1),
        ('one("#toasts").dataset.noAnswer', 0),
        ('// "Add a product".', 0),
    ],
)
def test_recognises_a_sentence_of_a_script(script: str, found: int) -> None:
    assert len(SENTENCE.findall(script)) == found


def test_no_two_texts_of_a_catalogue_contradict_each_other() -> None:
    plurals: dict[str, set[tuple[str, ...]]] = {}
    for tree in COLLECTED.values():
        for text, *plural in literals(tree):
            plurals.setdefault(text, set()).add(tuple(plural))

    assert "" not in plurals  # the header of a catalogue
    assert [text for text, found in plurals.items() if len(found) > 1] == []


@pytest.mark.parametrize(
    "source",
    [
        'gettext(f"{order} is shipped.")',
        'gettext("%s is shipped." % order)',
        'gettext("Shipped" + ".")',
        "gettext_lazy(LABEL)",
        'ngettext("One", several, 2)',
        'translation.pgettext("noun", name)',
    ],
)
def test_recognises_a_text_that_makemessages_overlooks(source: str) -> None:
    assert unreadable(ast.parse(source)) == [1]


@pytest.mark.parametrize(
    "source",
    [
        'gettext("%(order)s is shipped.")',
        'ngettext("One", "Several", 2)',
        'pgettext(context, "Order")',
        '_("One, " "in two lines", order=order)',
    ],
)
def test_accepts_a_text_that_it_finds(source: str) -> None:
    assert unreadable(ast.parse(source)) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from common.sentences import sentence", ["sentence"]),
        ("from django.utils.translation import gettext_lazy as translate", ["translate"]),
        ("from common.sentences import sentence as _", []),
        ("from django.utils.translation import get_language, gettext", []),
    ],
)
def test_recognises_a_name_that_makemessages_does_not_know(source: str, found: list[str]) -> None:
    assert overlooked(ast.parse(source)) == found


def sentences(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, str]]:
    """Every sentence of five words or more that modules translate, with its place."""
    for name, tree in trees.items():
        for text in (text for call in calls(tree) for text in texts_of(call)):
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                sentence = text.value
                if sentence.endswith(".") and len(sentence.split()) >= 5:
                    yield sentence, f"{name}:{text.lineno}"


def written_twice(trees: Mapping[str, ast.Module]) -> dict[str, list[str]]:
    """The sentences that are written in several places, with these places."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for sentence, place in sentences(trees):
        places[sentence].append(place)
    return {sentence: found for sentence, found in places.items() if len(found) > 1}


def test_a_rule_and_its_sentence_are_written_once() -> None:
    found = written_twice(SERVED)

    assert {each: where for each, where in found.items() if each not in WRITTEN_TWICE} == {}
    assert WRITTEN_TWICE.keys() - found.keys() == set()


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ('gettext("The code is used up.")', ["a.py:1", "b.py:1"]),
        ('raise UsedUp(_("The code " "is used up.", code=code))', ["a.py:1", "b.py:1"]),
        ('gettext("The code is valid again.")', []),
    ],
)
def test_finds_a_sentence_that_is_written_twice(second: str, found: list[str]) -> None:
    trees = {"a.py": ast.parse('_("The code is used up.")'), "b.py": ast.parse(second)}

    assert written_twice(trees) == ({"The code is used up.": found} if found else {})


def test_labels_may_be_written_twice() -> None:
    label = ast.parse('_("Customer\'s reference"); _("Not valid today.")')

    assert written_twice({"a.py": label, "b.py": label}) == {}
