"""Reading a page as a person does: its links, forms, buttons and errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from demo.errors import Halted

UNSENT = frozenset({"submit", "button", "reset", "image", "file"})
"""Kinds of input that send nothing by themselves."""


@dataclass(slots=True)
class Form:
    """A form as it stands on a page, filled with what it proposes."""

    action: str = ""
    method: str = "get"
    is_main: bool = False
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """For every select: its options' words, and the values behind them."""

    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """The words on each button, with the name and value it sends."""

    def choice(self, name: str, words: str) -> str:
        """Look up the value of the option whose words contain these."""
        for shown, value in self.choices.get(name, []):
            if words in shown and value:
                return value
        raise Halted(f"There is no {words} to choose as {name.replace('_', ' ')}.")


@dataclass(slots=True)
class Page:
    """What a request came back with."""

    address: str
    status: int
    html: str
    heading: str = ""
    forms: list[Form] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """The words and the target of each link in the main part."""

    problems: list[str] = field(default_factory=list)
    rows: list[tuple[str, list[Form]]] = field(default_factory=list)
    """The words of each table row, and the forms its fields belong to."""

    def form(self, *names: str) -> Form:
        """Find the form with these fields; without any, the one the page is about."""
        for form in self.forms:
            if form.names.issuperset(names) if names else form.is_main:
                return form
        raise Halted(f"{self.address} has no form with {' and '.join(names) or 'a main part'}.")

    def row(self, words: str) -> Form:
        """Find the form of the last table row with these words in it."""
        for row_words, forms in reversed(self.rows):
            if words in row_words and forms:
                return forms[0]
        raise Halted(f"{self.address} has no line with {words}.")

    def button(self, words: str) -> Form | None:
        """Find the form behind the button with these words."""
        for form in self.forms:
            if any(shown == words for shown, _, _ in form.buttons):
                return form
        return None

    def link(self, words: str) -> str | None:
        """Find where the link with these words leads."""
        return next((href for shown, href in self.links if shown == words), None)


def read_page(address: str, status: int, html: str) -> Page:
    """Read what stands on a page."""
    page = Page(address, status, html)
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    return page


@dataclass(slots=True)
class _Listening:
    """Collects the words of an element until it closes."""

    tag: str
    tell: Callable[[str], None]
    words: list[str] = field(default_factory=list)
    nested: int = 1


class _Reader(HTMLParser):
    """Fills a page from its source."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form: Form | None = None
        self._forms_by_id: dict[str, Form] = {}
        self._select = ""
        self._row: list[Form] = []
        self._in_main = False
        self._listening: list[_Listening] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for open_element in self._listening:
            open_element.nested += open_element.tag == tag
        if given.get("role") == "alert":
            self._listen(tag, self._add_problem)
        known = {
            "form": self._start_form,
            "input": self._start_input,
            "select": self._start_select,
            "option": self._start_option,
            "textarea": self._start_textarea,
            "button": self._start_button,
            "a": self._start_link,
            "h1": self._start_heading,
            "tr": self._start_row,
            "main": self._start_main,
        }
        if tag in known and "disabled" not in given:
            known[tag](given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "main":
            self._in_main = False
        for element in [element for element in self._listening if element.tag == tag]:
            element.nested -= 1
            if not element.nested:
                self._listening.remove(element)
                element.tell(" ".join("".join(element.words).split()))

    def handle_data(self, data: str) -> None:
        for element in self._listening:
            element.words.append(data)

    def _listen(self, tag: str, tell: Callable[[str], None]) -> None:
        self._listening.append(_Listening(tag, tell))

    def _add_problem(self, words: str) -> None:
        if words and words not in self._page.problems:
            self._page.problems.append(words)

    def _start_form(self, given: dict[str, str]) -> None:
        method = given.get("method", "get").lower()
        form = Form(given.get("action", ""), method, "data-main" in given)
        if name := given.get("id"):
            form = self._forms_by_id.setdefault(name, form)
            form.action, form.method, form.is_main = given.get("action", ""), method, form.is_main
        self._page.forms.append(form)
        self._form = form

    def _form_of(self, given: dict[str, str]) -> Form:
        """A control may name its form; one without any form belongs to none that is sent."""
        if name := given.get("form"):
            form = self._forms_by_id.setdefault(name, Form())
            self._row.append(form)
            return form
        return self._form or Form()

    def _start_input(self, given: dict[str, str]) -> None:
        form, kind = self._form_of(given), given.get("type", "text")
        name, value = given.get("name", ""), given.get("value", "")
        if kind == "submit":
            form.buttons.append((value, name, value))
        if not name or kind in UNSENT:
            return
        form.names.add(name)
        if kind in {"checkbox", "radio"}:
            if "checked" in given:
                form.values.setdefault(name, []).append(given.get("value", "on"))
            return
        form.values[name] = [value]

    def _start_select(self, given: dict[str, str]) -> None:
        self._select = given.get("name", "")
        form = self._form_of(given)
        form.names.add(self._select)
        form.choices[self._select] = []

    def _start_option(self, given: dict[str, str]) -> None:
        form, name = self._form or Form(), self._select
        options = form.choices.setdefault(name, [])

        def tell(words: str) -> None:
            value = given.get("value", words)
            options.append((words, value))
            if "selected" in given or len(options) == 1:
                form.values[name] = [value]

        self._listen("option", tell)

    def _start_textarea(self, given: dict[str, str]) -> None:
        form, name = self._form_of(given), given.get("name", "")
        form.names.add(name)
        self._listen("textarea", lambda words: form.values.update({name: [words]}))

    def _start_button(self, given: dict[str, str]) -> None:
        form = self._form_of(given)
        if given.get("type", "submit") == "submit":
            sent = given.get("name", ""), given.get("value", "")
            label = given.get("aria-label", "")
            self._listen("button", lambda words: form.buttons.append((words or label, *sent)))

    def _start_link(self, given: dict[str, str]) -> None:
        href = given.get("href", "")
        if href and self._in_main:
            self._listen("a", lambda words: self._page.links.append((words, href)))

    def _start_heading(self, given: dict[str, str]) -> None:
        self._listen("h1", lambda words: setattr(self._page, "heading", words))

    def _start_main(self, given: dict[str, str]) -> None:
        self._in_main = True

    def _start_row(self, given: dict[str, str]) -> None:
        forms: list[Form] = []
        self._row = forms
        self._listen("tr", lambda words: self._page.rows.append((words, forms)))
