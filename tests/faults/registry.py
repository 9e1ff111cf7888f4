"""All faults, as data: what is broken, how, and whether it is quick enough for every test run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.stage import Stage

Break = Callable[[Stage], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; ``core`` ones are quick and run with the other tests."""

    name: str
    done: str
    break_: Break
    core: bool

    def __str__(self) -> str:
        return self.name


FAULTS: list[Fault] = []


def fault(name: str, *, core: bool = False) -> Callable[[Break], Break]:
    """Register a fault; the first line of its docstring says what is done."""

    def register(break_: Break) -> Break:
        done = (break_.__doc__ or "").partition("\n")[0].rstrip(".")
        FAULTS.append(Fault(name, done, break_, core))
        return break_

    return register
