from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.html import format_html
from pytest_django import Settings

from web.display import Action, Actions, Chip, Link
from web.icons import draw_icon
from web.initials import initials
from web.theme import choose_theme, chosen_theme


def test_draws_an_icon_that_readers_skip() -> None:
    svg = draw_icon("home")
    assert svg.startswith('<svg class="icon "')
    assert 'aria-hidden="true"' in svg
    assert "style=" not in svg


def test_escapes_the_label_of_an_icon() -> None:
    assert 'aria-label="&lt;b&gt;"' in draw_icon("home", label="<b>")


def test_names_an_icon_that_does_not_exist() -> None:
    with pytest.raises(ImproperlyConfigured, match="no icon 'unicorn'"):
        draw_icon("unicorn")


def test_draws_chips_and_links_in_templates_and_escapes_them() -> None:
    drawn = Template("{{ chip }}{{ link }}").render(
        Context({"chip": Chip("<Draft>", "info", "pencil"), "link": Link("A & B", "/a/")})
    )
    assert "&lt;Draft&gt;" in drawn
    assert "bg-azure-lt" in drawn
    name = '<bdi class="name" title="A &amp; B">A &amp; B</bdi>'
    assert f'<a href="/a/">{name}</a>' in drawn


def test_draws_chips_and_links_where_markup_is_escaped() -> None:
    assert format_html("{}", Chip("A & B")).count("&amp;") == 1
    assert format_html("{}", Chip("Draft")).startswith('<span class="badge')
    name = '<bdi class="name" title="A">A</bdi>'
    assert format_html("{}", Link("A", "/a/")) == f'<a href="/a/">{name}</a>'


def test_makes_the_first_possible_action_primary() -> None:
    refused = Action("Ship", "/s/", reason="Nothing is left to ship.")
    possible, danger = Action("Invoice", "/i/"), Action("Cancel", "/c/", tone="danger")

    verbs = Actions([danger, refused, possible])

    assert verbs.primary == possible
    assert verbs.others == [danger, refused]


def test_has_no_primary_action_when_none_is_possible() -> None:
    assert Actions([Action("Ship", "/s/", reason="No.")]).primary is None


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Inès Moreau", "IM"), ("Anna Maria de Vries", "AV"), ("kim@example.com", "KE"), ("", "")],
)
def test_shortens_names(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_remembers_a_theme_and_goes_back() -> None:
    request = RequestFactory().post("/theme/", {"theme": "dark", "next": "/orders/?page=2"})

    response = choose_theme(request)

    assert response["Location"] == "/orders/?page=2"
    assert response.cookies["theme"].value == "dark"


def test_refuses_to_go_back_to_another_site() -> None:
    request = RequestFactory().post("/theme/", {"theme": "neon", "next": "https://evil.test/"})

    response = choose_theme(request)

    assert response["Location"] == "/"
    assert "theme" not in response.cookies


def test_follows_the_system_without_a_known_theme() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = '"><script>'
    assert chosen_theme(request) == ""


def test_copies_only_what_is_served(settings: Settings, tmp_path: Path) -> None:
    settings.VENDOR_DIR = tmp_path
    stale = tmp_path / "vendor" / "old.css"
    stale.parent.mkdir()
    stale.write_text("old")

    call_command("vendor_assets", verbosity=0)

    copied = {path.relative_to(tmp_path / "vendor").as_posix() for path in tmp_path.rglob("*.*")}
    assert "tabler-core/dist/css/tabler.min.css" in copied
    assert "fontsource-variable-inter/files/inter-latin-wght-normal.woff2" in copied
    assert not stale.exists()
    assert b"sourceMappingURL" not in b"".join(p.read_bytes() for p in tmp_path.rglob("*.css"))
    assert (tmp_path / "vendor" / "tabler-core" / "LICENSE").exists()


def test_says_how_to_fetch_missing_packages(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR = settings.VENDOR_DIR = tmp_path
    with pytest.raises(CommandError, match="npm ci"):
        call_command("vendor_assets")
