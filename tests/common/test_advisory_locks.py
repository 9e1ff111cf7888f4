"""Advisory locks: a name is held by one transaction, and freed with its end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from common.advisory_locks import lock_names, try_lock_name


def is_free_elsewhere(name: str) -> bool:
    """Whether another connection could lock a name."""

    def look() -> bool:
        try:
            with transaction.atomic():
                return try_lock_name(name)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(look).result(timeout=10)


@pytest.mark.django_db(transaction=True)
def test_a_name_is_locked_until_the_transaction_ends() -> None:
    with transaction.atomic():
        lock_names(["order number B-2", "order number A-1"])

        found = [is_free_elsewhere(f"order number {each}") for each in ("A-1", "B-2", "C-3")]

    assert found == [False, False, True]
    assert is_free_elsewhere("order number A-1")


@pytest.mark.django_db(transaction=True)
def test_a_name_that_was_tried_is_held_by_who_has_it() -> None:
    with transaction.atomic():
        assert try_lock_name("one")

        assert try_lock_name("one")
        assert not is_free_elsewhere("one")
