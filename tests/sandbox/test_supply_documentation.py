"""docs/two-way-sync.md names every field that the supply-chain system takes or sends."""

from __future__ import annotations

from typing import Any

from sandbox.supply.fields import FIRST_FIELDS, HEAD_FIELDS, LINE_FIELDS
from tests.sandbox.supply_messages import act, create, push_event, pushed_line, sent
from tests.sandbox.throughline_stub import Client
from tests.worked_examples import read_tables

TABLES = {table.columns[0]: table for table in read_tables("two-way-sync.md")}
IDENTITY = {"id", "number", "throughline_id", "sequence", "knows", "cause"}


def named(table: str, *senders: str) -> set[str]:
    """Return the fields that a table says are sent by one of these."""
    rows = [row for row in TABLES[table].rows if row["sent by"] in senders]
    return {name for row in rows for name in row[table].split(", ")}


def everything_sent(supply: Client) -> dict[str, Any]:
    """Take orders through all steps; returns the data of the last message of each type."""
    order = create(supply)
    for action in ("deliver", "invoice", "return", "credit"):
        act(supply, order, action)
    act(supply, create(supply), "delete")
    return dict(sent(supply))


def test_names_each_message_and_what_it_has(supply: Client) -> None:
    data = everything_sent(supply)

    documented = {row["message"]: row["`data`"] for row in TABLES["message"].rows}
    assert documented.keys() == data.keys()
    for type_, keys in documented.items():
        assert all(f"`{key}`" in keys for key in data[type_])
        if "which it is" in keys:
            assert data[type_]["order"].keys() - {"deleted"} == IDENTITY


def test_names_each_field_that_is_sent(supply: Client) -> None:
    order = everything_sent(supply)["supply.order.changed"]["order"]

    assert order.keys() == named("of an order", "both", "them")
    assert order["lines"][0].keys() == named("of a line", "both", "them")


def test_names_each_field_that_is_taken() -> None:
    identity = {"id", "number", "throughline_id", "version", "knows", "lines"}
    fixed = {"company", "currency", "customer"}

    taken = named("of an order", "both", "us")
    assert taken == identity | fixed | FIRST_FIELDS.keys() | HEAD_FIELDS.keys()
    assert named("of a line", "both", "us") == {"id", "throughline_id"} | LINE_FIELDS.keys()
    assert push_event()["data"]["order"].keys() <= taken
    assert pushed_line().keys() <= named("of a line", "both")


def test_names_each_field_of_a_document(supply: Client) -> None:
    data = everything_sent(supply)

    for kind in ("delivery", "return", "invoice", "credit_note"):
        document = data[f"supply.{kind}.posted"][kind]
        rows = [r for r in TABLES["of a document"].rows if r["of"] == "all" or kind in r["of"]]
        names = {n for r in rows for n in r["of a document"].split(", ") if " " not in n}
        of_lines = " ".join(r["what it is"] for r in rows if "lines" in r["of a document"])
        assert document.keys() == names
        assert all(f"`{name}`" in of_lines for name in document["lines"][0])
