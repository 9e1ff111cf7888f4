"""The HTML page parser of the story."""

from __future__ import annotations

import pytest

from demo.errors import DemoError
from demo.pages import Page, read_page

PAGE = """
<nav><a href="/new/">Edit head</a></nav>
<main>
<h1>Quote <span>Q-2026-00001</span></h1>
<a href="/quotes/1/edit/"><svg><path d="M0 0"/></svg>Edit head</a>
<form method="post" action="/quotes/1/" data-main>
  <input type="hidden" name="csrfmiddlewaretoken" value="abc">
  <input name="name" value="Fish &amp; chips">
  <input type="checkbox" name="with_order" checked>
  <input type="checkbox" name="urgent">
  <input type="radio" name="what" value="all"><input type="radio" name="what" value="some" checked>
  <select name="zone"><option value="">–</option><option value="7" selected>France</option>
    <option value="8">Export</option></select>
  <textarea name="notes">as agreed</textarea>
  <input name="locked" value="x" disabled>
  <button name="next" value="stay">Save and stay</button>
</form>
<table><tr><td>GR-75 <input form="save-1" name="quantity" value="1"></td>
  <td><form id="save-1" method="post" action="/lines/1/"><button aria-label="Save line"></button>
  </form></td></tr></table>
<ul role="alert"><li>Too much.</li></ul>
</main>
"""


@pytest.fixture
def page() -> Page:
    return read_page("http://127.0.0.1/quotes/1/", 200, PAGE)


def test_submits_what_a_browser_would(page: Page) -> None:
    assert page.form().values == {
        "csrfmiddlewaretoken": ["abc"],
        "name": ["Fish & chips"],
        "with_order": ["on"],
        "what": ["some"],
        "zone": ["7"],
        "notes": ["as agreed"],
    }


def test_finds_the_fields_of_a_row_that_name_their_form(page: Page) -> None:
    row = page.row("GR-75")

    assert (row.action, row.values) == ("/lines/1/", {"quantity": ["1"]})


def test_finds_buttons_and_links_by_their_label(page: Page) -> None:
    assert page.button("Save and stay") is page.form()
    assert page.button("Save line") is page.row("GR-75")
    assert page.link("Edit head") == "/quotes/1/edit/"


def test_reads_the_heading_and_the_errors(page: Page) -> None:
    assert page.heading == "Quote Q-2026-00001"
    assert page.problems == ["Too much."]


def test_chooses_an_option_by_its_label(page: Page) -> None:
    assert page.form().choice("zone", "Export") == "8"
    with pytest.raises(DemoError, match="There is no option Mars for zone"):
        page.form().choice("zone", "Mars")
