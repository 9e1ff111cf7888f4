"""Registry of faults: name, description, and whether it is quick enough for every test run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.testbed import Testbed

Inject = Callable[[Testbed], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault; ``core`` ones are quick and run with the other tests."""

    name: str
    description: str
    inject: Inject
    core: bool

    def __str__(self) -> str:
        return self.name


FAULTS: list[Fault] = []


def fault(name: str, *, core: bool = False) -> Callable[[Inject], Inject]:
    """Register a fault; the first line of its docstring is its description."""

    def register(inject: Inject) -> Inject:
        description = (inject.__doc__ or "").partition("\n")[0].rstrip(".")
        FAULTS.append(Fault(name, description, inject, core))
        return inject

    return register
