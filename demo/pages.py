"""HTML page parser: the links, forms, buttons, table rows and errors of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

from demo.errors import DemoError

TYPES_WITHOUT_VALUE = frozenset({"submit", "button", "reset", "image", "file"})
"""Types of input that have no value of their own in the submitted form."""


@dataclass(slots=True)
class Form:
    """A form on a page, with its default values."""

    action: str = ""
    method: str = "get"
    is_main: bool = False
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    choices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """For every select: the label and value of its options."""

    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """The label of each button, with the name and value it submits."""

    def choice(self, name: str, text: str) -> str:
        """Return the value of the option whose label contains the text."""
        for label, value in self.choices.get(name, []):
            if text in label and value:
                return value
        raise DemoError(f"There is no option {text} for {name.replace('_', ' ')}.")


@dataclass(slots=True)
class Page:
    """The page that a request returned."""

    address: str
    status: int
    html: str
    heading: str = ""
    forms: list[Form] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """The label and target of each link in the main part."""

    problems: list[str] = field(default_factory=list)
    rows: list[tuple[str, list[Form]]] = field(default_factory=list)
    """The text of each table row, and the forms that its fields belong to."""

    def form(self, *names: str) -> Form:
        """Find the form with these fields; without any, the main form."""
        for form in self.forms:
            if form.names.issuperset(names) if names else form.is_main:
                return form
        raise DemoError(
            f"{self.address} has no form with {' and '.join(names) or 'the mark data-main'}."
        )

    def row(self, text: str) -> Form:
        """Find the form of the last table row that contains the text."""
        for row_text, forms in reversed(self.rows):
            if text in row_text and forms:
                return forms[0]
        raise DemoError(f"{self.address} has no row with {text}.")

    def button(self, label: str) -> Form | None:
        """Find the form of the button with this label."""
        for form in self.forms:
            if any(shown == label for shown, _, _ in form.buttons):
                return form
        return None

    def link(self, label: str) -> str | None:
        """Find the target of the link with this label."""
        return next((href for shown, href in self.links if shown == label), None)


def read_page(address: str, status: int, html: str) -> Page:
    """Parse a page."""
    page = Page(address, status, html)
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    return page


@dataclass(slots=True)
class _OpenElement:
    """An element whose text is collected until it closes."""

    tag: str
    on_close: Callable[[str], None]
    text: list[str] = field(default_factory=list)
    nested: int = 1


class _Reader(HTMLParser):
    """Fills a page from its HTML."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form: Form | None = None
        self._forms_by_id: dict[str, Form] = {}
        self._select = ""
        self._row: list[Form] = []
        self._in_main = False
        self._open_elements: list[_OpenElement] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for open_element in self._open_elements:
            open_element.nested += open_element.tag == tag
        if given.get("role") == "alert":
            self._collect_text(tag, self._add_problem)
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
        for element in [element for element in self._open_elements if element.tag == tag]:
            element.nested -= 1
            if not element.nested:
                self._open_elements.remove(element)
                element.on_close(" ".join("".join(element.text).split()))

    def handle_data(self, data: str) -> None:
        for element in self._open_elements:
            element.text.append(data)

    def _collect_text(self, tag: str, on_close: Callable[[str], None]) -> None:
        self._open_elements.append(_OpenElement(tag, on_close))

    def _add_problem(self, text: str) -> None:
        if text and text not in self._page.problems:
            self._page.problems.append(text)

    def _start_form(self, given: dict[str, str]) -> None:
        method = given.get("method", "get").lower()
        form = Form(given.get("action", ""), method, "data-main" in given)
        if name := given.get("id"):
            form = self._forms_by_id.setdefault(name, form)
            form.action, form.method, form.is_main = given.get("action", ""), method, form.is_main
        self._page.forms.append(form)
        self._form = form

    def _form_of(self, given: dict[str, str]) -> Form:
        """Return the form a control belongs to; without one, a form that is never submitted."""
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
        if not name or kind in TYPES_WITHOUT_VALUE:
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

        def add_option(label: str) -> None:
            value = given.get("value", label)
            options.append((label, value))
            if "selected" in given or len(options) == 1:
                form.values[name] = [value]

        self._collect_text("option", add_option)

    def _start_textarea(self, given: dict[str, str]) -> None:
        form, name = self._form_of(given), given.get("name", "")
        form.names.add(name)
        self._collect_text("textarea", lambda text: form.values.update({name: [text]}))

    def _start_button(self, given: dict[str, str]) -> None:
        form = self._form_of(given)
        if given.get("type", "submit") == "submit":
            sent = given.get("name", ""), given.get("value", "")
            label = given.get("aria-label", "")
            self._collect_text("button", lambda text: form.buttons.append((text or label, *sent)))

    def _start_link(self, given: dict[str, str]) -> None:
        href = given.get("href", "")
        if href and self._in_main:
            self._collect_text("a", lambda text: self._page.links.append((text, href)))

    def _start_heading(self, given: dict[str, str]) -> None:
        self._collect_text("h1", lambda text: setattr(self._page, "heading", text))

    def _start_main(self, given: dict[str, str]) -> None:
        self._in_main = True

    def _start_row(self, given: dict[str, str]) -> None:
        forms: list[Form] = []
        self._row = forms
        self._collect_text("tr", lambda text: self._page.rows.append((text, forms)))
