"""Number prefixes of connections: each system numbers its orders in another way."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from fulfilment.models import Connection
from fulfilment.services.prefixes import check_prefix, prefixes_of_connections
from sales.models import Company
from sales.services.errors import NumberTaken
from tests.factories import CompanyFactory
from tests.sales.admin_pages import address, problems


def connection(code: str, prefix: str, **fields: Any) -> Connection:
    return Connection(
        code=code,
        name=code.upper(),
        kind=Connection.Kind.SUPPLY,
        url="https://scm.example",
        number_prefix=prefix,
        **fields,
    )


@pytest.mark.parametrize("prefix", ["SO-", "so-", "S", "SO-1"])
def test_refuses_the_prefix_of_another_connection(db: None, prefix: str) -> None:
    connection("scm", "SO-").save()

    with pytest.raises(NumberTaken) as refused:
        check_prefix(connection("tms", prefix))

    assert str(refused.value) == (
        f"Numbers of SCM begin with SO-, so those of TMS cannot begin with {prefix}: "
        "give the two different prefixes."
    )


def test_takes_its_own_prefix_a_different_one_and_none(db: None) -> None:
    scm = connection("scm", "SO-")
    scm.save()
    connection("erp", "").save()

    for each in (scm, connection("tms", "TO-"), connection("wms", "")):
        check_prefix(each)

    assert prefixes_of_connections() == [("SO-", "SCM")]


def test_the_database_keeps_a_prefix_for_one_connection(db: None) -> None:
    connection("scm", "SO-").save()
    connection("erp", "").save()
    connection("wms", "").save()

    with pytest.raises(IntegrityError, match="connection_prefix_unique"), transaction.atomic():
        connection("tms", "so-").save()


def test_an_admin_cannot_give_a_company_the_prefix_of_a_connection(admin_client: Client) -> None:
    connection("scm", "SO-").save()
    company = CompanyFactory.create(number_prefix="NL-")
    page = address(Company, "change", company.pk)
    form = admin_client.get(page).context["adminform"].form
    typed = {name: form[name].value() or "" for name in form.fields} | {"is_default": ""}

    refused = admin_client.post(page, typed | {"number_prefix": "SO-"})
    taken = admin_client.post(page, typed | {"number_prefix": "DE-"})

    assert problems(refused) == [
        "Numbers such as SO-Q-… begin as those of SCM do, with SO-: choose another prefix."
    ]
    assert taken.status_code == 302
    company.refresh_from_db()
    assert company.number_prefix == "DE-"
