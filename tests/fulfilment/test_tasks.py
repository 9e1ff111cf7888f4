"""Tasks of the workers, and how many of them may queue."""

from __future__ import annotations

from celery import current_app
from django.conf import settings

from fulfilment import tasks
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, submitted_order


def test_queues_a_limited_number_of_tasks_while_there_is_no_worker() -> None:
    current_app.control.purge()
    try:
        for _ in range(tasks.MOST_WAITING + 5):
            tasks.wake_workers()
        with current_app.connection_or_acquire() as broker:
            assert broker.default_channel.client.llen("celery") == tasks.MOST_WAITING
    finally:
        current_app.control.purge()


def test_has_tasks_with_the_names_in_the_beat_schedule() -> None:
    assert tasks.drain.name == "fulfilment.drain"
    assert tasks.sweep.name == "fulfilment.sweep"
    assert settings.CELERY_BEAT_SCHEDULE["sweep"]["task"] == tasks.sweep.name


def test_delivers_what_is_due(market: Market, warehouse: FarEnd) -> None:
    submitted_order(market)

    tasks.sweep()

    assert len(warehouse.received) == 1
