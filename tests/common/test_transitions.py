"""State machine: a status moves along its table only, and nothing else is saved with it."""

from __future__ import annotations

import pytest

from common.errors import IllegalTransition
from crm.models import Lead
from sales.models import Order
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db

Status = Lead.Status


def test_moves_along_the_table_and_saves_what_accompanies_the_move() -> None:
    lead = LeadFactory.create()
    before = lead.updated_at

    lead.move_to(Status.DISQUALIFIED, disqualified_reason="lost")

    lead.refresh_from_db()
    assert (lead.status, lead.disqualified_reason) == (Status.DISQUALIFIED, "lost")
    assert lead.updated_at > before


def test_saves_no_other_column() -> None:
    lead = LeadFactory.create(topic="Bar refit")
    Lead.objects.update(topic="Terrace refit")

    lead.move_to(Status.CONTACTED)

    lead.refresh_from_db()
    assert (lead.status, lead.topic) == (Status.CONTACTED, "Terrace refit")


def test_refuses_a_move_that_the_table_does_not_have() -> None:
    lead = LeadFactory.create(status=Status.DISQUALIFIED, disqualified_reason="lost")
    assert not lead.can_move_to(Status.NEW)

    with pytest.raises(
        IllegalTransition, match=f"{lead} is disqualified: it can become contacted, not new"
    ):
        lead.move_to(Status.NEW, topic="Else")

    assert (lead.status, lead.topic) == (Status.DISQUALIFIED, "Espresso bar refit")
    lead.refresh_from_db()
    assert (lead.status, lead.topic) == (Status.DISQUALIFIED, "Espresso bar refit")


def test_refuses_an_action_that_goes_only_one_way() -> None:
    lead = Lead(status=Status.QUALIFIED, topic="Bar refit")
    lead.refuse_move_to(Status.CONTACTED)

    with pytest.raises(
        IllegalTransition, match="Bar refit is qualified: it becomes contacted only from new"
    ):
        lead.refuse_move_to(Status.CONTACTED, only_from=Status.NEW)


def test_says_that_the_record_has_the_status_already_or_its_last_one() -> None:
    lead = Lead(status=Status.CONTACTED, topic="Bar refit")
    with pytest.raises(IllegalTransition, match=r"^Bar refit is contacted already\.$"):
        lead.refuse_move_to(Status.CONTACTED)

    order = Order(status=Order.Status.CANCELLED, number="O-2026-00014")
    with pytest.raises(IllegalTransition, match=r"is cancelled, and that is final\.$"):
        order.refuse_move_to(Order.Status.SUBMITTED)
