"""Idempotency keys of forms: what a key stands for, and when it is given back."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from common.identifiers import uuid7
from crm.models import Activity, Lead
from tests.factories import LeadFactory, Market, UserFactory
from tests.web.refusals import errors_shown
from tests.web.test_rendering import counted
from web.form_fields import IDEMPOTENCY_KEY
from web.models import Submission
from web.record_urls import record_url
from web.tasks import forget_submissions

SAID = "This was done already, and was not done again."
STRANGE = "This form was made for another page or person. Open the page and try again."


@pytest.fixture
def lead(market: Market) -> Lead:
    made: Lead = LeadFactory.create(owner=market.rep)
    return made


def note_url(lead: Lead) -> str:
    return reverse("crm:activity-new", args=["crm", "lead", lead.pk])


def note(key: object, text: str = "Called") -> dict[str, str]:
    return {IDEMPOTENCY_KEY: str(key), "text": text, "kind": "note"}


def test_a_key_answers_with_the_first_result_and_message(rep: Client, lead: Lead) -> None:
    url, key = reverse("crm:lead-contact", args=[lead.pk]), {IDEMPOTENCY_KEY: str(uuid7())}
    first = rep.post(url, key)
    rep.get(first["Location"])

    second = rep.post(url, key, headers={"HX-Request": "true"})

    page = rep.get(second["HX-Redirect"]).content.decode()
    assert second["HX-Redirect"] == first["Location"] == record_url(lead)
    assert (SAID in page, "is contacted." in page) == (True, True)


def test_a_refused_form_is_corrected_with_the_same_key(rep: Client, lead: Lead) -> None:
    key = uuid7()
    refused = rep.post(note_url(lead), note(key, text=""))
    assert (refused.status_code, Submission.objects.count()) == (303, 0)

    rep.post(note_url(lead), note(key))

    assert (Activity.objects.count(), Submission.objects.get().pk) == (1, key)


@pytest.mark.parametrize("key", ["", "1", "\N{SNOWMAN}", "x" * 500])
def test_no_other_text_is_a_key(rep: Client, lead: Lead, key: str) -> None:
    answer = rep.post(note_url(lead), note(key))

    assert answer.status_code == (303 if key else 302)
    assert Activity.objects.count() == (0 if key else 1)


def test_a_key_of_direction_marks_alone_is_none(rep: Client, lead: Lead) -> None:
    for _ in range(2):
        assert rep.post(note_url(lead), note("\u202e")).status_code == 302

    assert (Activity.objects.count(), Submission.objects.count()) == (2, 0)


def test_direction_marks_beside_a_key_are_taken_out(rep: Client, lead: Lead) -> None:
    key = uuid7()
    for typed in (f"\u202e{key}", key):
        assert rep.post(note_url(lead), note(typed)).status_code == 302

    assert (Activity.objects.count(), Submission.objects.get().pk) == (1, key)


def test_a_form_without_a_key_runs_each_time(rep: Client, lead: Lead) -> None:
    for _ in range(2):
        rep.post(note_url(lead), {"text": "Called", "kind": "note"})

    assert (Activity.objects.count(), Submission.objects.count()) == (2, 0)


def test_a_key_is_refused_to_another_person_and_another_page(
    rep: Client, market: Market, lead: Lead
) -> None:
    key, other = uuid7(), LeadFactory.create(owner=market.rep)
    rep.post(note_url(lead), note(key))
    colleague = Client()
    colleague.force_login(UserFactory.create(is_superuser=True))

    theirs = colleague.post(note_url(lead), note(key))
    elsewhere = rep.post(reverse("crm:lead-contact", args=[other.pk]), note(key))

    assert (theirs.status_code, elsewhere.status_code) == (303, 303)
    assert errors_shown(colleague.get(theirs["Location"], follow=True)) == [STRANGE]
    assert elsewhere["Location"] == record_url(other)
    assert Activity.objects.count() == 1


def test_a_key_outlives_the_session(rep: Client, market: Market, lead: Lead) -> None:
    unsent, sent = uuid7(), uuid7()
    rep.post(note_url(lead), note(sent))
    rep.logout()
    signed_out = rep.post(note_url(lead), note(unsent))
    assert signed_out["Location"].startswith(reverse("account_login"))

    rep.force_login(market.rep)
    rep.post(note_url(lead), note(sent))
    rep.post(note_url(lead), note(unsent))

    assert Activity.objects.count() == 2


def test_a_preview_gives_the_key_back(rep: Client, market: Market) -> None:
    from_page = reverse("crm:account-edit", args=[market.account.pk])

    refused = rep.post(from_page, {IDEMPOTENCY_KEY: str(uuid7()), "name": ""})

    assert (refused.status_code, Submission.objects.count()) == (422, 0)


def test_a_key_takes_two_statements(rep: Client, lead: Lead) -> None:
    rep.post(note_url(lead), note(""))  # reads content types, which are kept
    with counted() as without:
        rep.post(note_url(lead), note(""))
    with counted() as with_key:
        rep.post(note_url(lead), note(uuid7()))

    assert len(with_key.all) - len(without.all) == 2


def test_old_submissions_are_forgotten(rep: Client, lead: Lead) -> None:
    old, young = uuid7(), uuid7()
    for key in (old, young):
        rep.post(note_url(lead), note(key))
    ago = timezone.now() - dt.timedelta(days=7, minutes=1)
    Submission.objects.filter(pk=old).update(created_at=ago)

    forget_submissions()

    assert list(Submission.objects.values_list("pk", flat=True)) == [uuid.UUID(str(young))]
