"""Activities: people's own words stay, sentences of our own are written for their reader."""

from __future__ import annotations

import datetime as dt

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from common.errors import MissingField
from crm.actors import System
from crm.models import Activity
from crm.services.activities import finish_task, note
from crm.services.leads import contact_lead, disqualify_lead
from tests.catalogues import use_catalogue
from tests.factories import LeadFactory
from web.record_urls import record_url

pytestmark = pytest.mark.django_db

GERMAN = {
    "Contacted by %(actor)s.": "Von %(actor)s kontaktiert.",
    "Disqualified: %(reason)s.": "Disqualifiziert: %(reason)s.",
    "No longer interested": "Kein Interesse mehr",
}


@pytest.fixture
def in_german(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a German catalogue for what is looked up while any language is active."""
    use_catalogue(monkeypatch, GERMAN)


def test_a_sentence_of_our_own_is_written_in_the_language_of_its_reader(
    request: pytest.FixtureRequest,
) -> None:
    lead = LeadFactory.create()
    contact_lead(lead.pk, actor=lead.owner)
    entry = Activity.objects.get()
    in_english = entry.display_text

    request.getfixturevalue("in_german")

    assert in_english == f"Contacted by {lead.owner}."
    assert entry.display_text == f"Von {lead.owner} kontaktiert."


@pytest.mark.usefixtures("in_german")
def test_whoever_wrote_it_the_template_and_its_label_are_stored_in_english() -> None:
    lead = LeadFactory.create()
    contact_lead(lead.pk, actor=lead.owner)

    disqualify_lead(lead.pk, actor=lead.owner, reason="no_longer_interested")

    entry = Activity.objects.first()
    assert entry is not None
    assert entry.text == "Disqualified: %(reason)s."
    assert entry.parameters == {"reason": {"label": "No longer interested"}}
    assert entry.display_text == "Disqualifiziert: Kein Interesse mehr."


@pytest.mark.usefixtures("in_german")
def test_the_timeline_shows_it_in_that_language(client: Client) -> None:
    lead = LeadFactory.create()
    contact_lead(lead.pk, actor=lead.owner)
    client.force_login(lead.owner)

    page = client.get(record_url(lead))

    assert f"Von {lead.owner} kontaktiert." in page.text


@pytest.mark.parametrize("typed", ["100 % sure", "Ask %(actor)s", "Contacted by %(actor)s."])
def test_what_people_typed_is_shown_as_typed(typed: str) -> None:
    lead = LeadFactory.create()

    entry = note(lead, typed, actor=lead.owner, kind=Activity.Kind.NOTE)

    assert entry.display_text == typed


def test_notes_what_somebody_wrote_about_a_record() -> None:
    lead = LeadFactory.create()

    written = note(lead, " Call back \n", actor=lead.owner, kind=Activity.Kind.CALL)

    written.refresh_from_db()
    assert (written.subject, written.text, written.kind) == (lead, "Call back", "call")
    assert (written.author, written.done_at) == (lead.owner, None)


def test_has_no_author_where_a_program_wrote() -> None:
    written = note(LeadFactory.create(), "Imported", actor=System("Import"))

    assert (written.author, written.kind) == (None, "system")


def test_refuses_a_note_that_says_nothing() -> None:
    lead = LeadFactory.create()

    with pytest.raises(MissingField, match="Write the note first") as refusal:
        note(lead, " \n", actor=lead.owner)

    assert refusal.value.field == "text"
    assert not Activity.objects.exists()


def test_keeps_the_moment_at_which_a_task_was_finished_first() -> None:
    lead = LeadFactory.create()
    day = dt.date(2026, 11, 30)
    task = note(lead, "Call Émile", actor=lead.owner, kind=Activity.Kind.TASK, due_on=day)

    finish_task(task)
    task.refresh_from_db()
    first = task.done_at
    assert first is not None
    with time_machine.travel(timezone.now() + dt.timedelta(hours=1)):
        finish_task(task)

    task.refresh_from_db()
    assert (task.due_on, task.done_at) == (day, first)
