"""Forms in a page, as a browser would send them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

NOT_SENT = frozenset({"button", "submit", "reset", "image", "file"})


@dataclass
class HtmlForm:
    """A form: where it is sent, and the value of each of its fields as it stands."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    """Collect the forms of a page; a field may belong to a form by its ``form`` attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.by_id: dict[str, HtmlForm] = {}
        self.open: HtmlForm | None = None
        self.select = self.textarea = ""
        self.owner: HtmlForm | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._begin(values)
        elif tag in {"input", "select", "textarea"}:
            self._add(tag, values, checked="checked" in dict(attrs))
        elif tag == "option" and "selected" in dict(attrs) and self.owner is not None:
            self.owner.fields[self.select] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "select":
            self.select = ""
        elif tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea and self.owner is not None:
            self.owner.fields[self.textarea] += data.removeprefix("\n")

    def _begin(self, values: dict[str, str]) -> None:
        action = values.get("hx-post") or values.get("action", "")
        method = "post" if "hx-post" in values else values.get("method", "get").lower()
        self.open = HtmlForm(action, method)
        self.forms.append(self.open)
        if "id" in values:
            self.by_id[values["id"]] = self.open

    def _add(self, tag: str, values: dict[str, str], *, checked: bool) -> None:
        name, kind = values.get("name", ""), values.get("type", "text")
        self.owner = self.by_id.get(values["form"]) if "form" in values else self.open
        if not name or self.owner is None or "disabled" in values or kind in NOT_SENT:
            return
        if tag == "select":
            self.select = name
            self.owner.fields.setdefault(name, "")
        elif tag == "textarea":
            self.textarea = name
            self.owner.fields[name] = ""
        elif kind not in {"checkbox", "radio"} or checked:
            self.owner.fields[name] = values.get("value", "on" if checked else "")


def forms_in(page: str) -> list[HtmlForm]:
    """Read the forms of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms
