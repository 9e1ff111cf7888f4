"""Keyset pagination: pages without gaps or repeats, and counts that stay cheap."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from common import keyset
from common.keyset import Group, capped_count, capped_groups, keyset_page
from crm.models import Lead, Opportunity
from tests.database_assertions import statements_of
from tests.factories import LeadFactory, OpportunityFactory

pytestmark = pytest.mark.django_db

BY_TOPIC = ("topic", "-pk")


@pytest.fixture
def leads() -> list[Lead]:
    """Seven leads in the order of their pages; three topics are shared."""
    made = [LeadFactory.create(topic=topic) for topic in ("B", "A", "C", "B", "A", "B", "A")]
    newest_first = sorted(made, key=lambda lead: lead.pk, reverse=True)
    return sorted(newest_first, key=lambda lead: lead.topic)


def page(after: str = "", order: tuple[str, ...] = BY_TOPIC) -> keyset.Page[Lead]:
    return keyset_page(Lead.objects.all(), order, after=after, size=3)


def test_goes_through_equal_values_without_gap_or_repeat(leads: list[Lead]) -> None:
    first = page()
    second = page(first.after)
    third = page(second.after)

    assert [first.records, second.records, third.records] == [leads[:3], leads[3:6], leads[6:]]
    assert third.after == ""


def test_goes_backwards_by_a_descending_column(leads: list[Lead]) -> None:
    order = ("-topic", "pk")

    first = page(order=order)

    assert first.records + page(first.after, order).records == leads[::-1][:6]


def test_ends_with_a_full_page_when_nothing_follows(leads: list[Lead]) -> None:
    leads[0].delete()

    assert page(page().after).after == ""


def test_goes_on_when_records_before_and_after_come_and_go(leads: list[Lead]) -> None:
    after = page().after
    leads[0].delete()
    leads[3].delete()
    LeadFactory.create(topic="A")

    assert page(after).records == leads[4:7]


@pytest.mark.parametrize("after", ["nonsense", str(uuid.UUID(int=7))])
def test_starts_again_after_a_record_that_is_not_there(leads: list[Lead], after: str) -> None:
    assert page(after).records == leads[:3]


def test_reads_two_statements_however_far_one_goes(leads: list[Lead]) -> None:
    second = page(page().after)

    assert statements_of(lambda: page(second.after)) == 2


def test_adds_up_each_group_by_itself() -> None:
    for currency, revenue in (("JPY", "1000"), ("EUR", "10"), ("EUR", "5.50")):
        OpportunityFactory.create(currency=currency, expected_revenue=Decimal(revenue))
    opportunities = Opportunity.objects.all()

    assert capped_groups(opportunities, "currency", "expected_revenue") == [
        Group("EUR", 2, Decimal("15.50")),
        Group("JPY", 1, Decimal(1000)),
    ]
    assert capped_groups(opportunities, "currency") == [
        Group("EUR", 2, Decimal(0)),
        Group("JPY", 1, Decimal(0)),
    ]
    assert capped_groups(opportunities.none(), "currency") == []


def test_counts_one_more_than_the_limit_at_most(
    leads: list[Lead], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert capped_count(Lead.objects.all()) == 7
    monkeypatch.setattr(keyset, "COUNT_LIMIT", 4)

    assert capped_count(Lead.objects.all()) == 5
    assert sum(group.count for group in capped_groups(Lead.objects.all(), "topic")) == 5
