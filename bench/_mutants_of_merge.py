"""Mutants of two-way sync: the base of a merge, the fate of a field, conflicts, arrivals."""

from __future__ import annotations

from bench._mutant import Mutant

MERGE = "fulfilment/sync/merge.py"
TESTS = tuple(f"tests/fulfilment/sync/test_merge{name}.py" for name in ("", "_cases", "_stories"))

MERGED = (
    Mutant(
        MERGE,
        "the base holds pushes that were in their snapshot before",
        "        if theirs.knows < push.version <= knows:\n",
        "        if push.version <= knows:\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "the base holds pushes that they do not know",
        "        if theirs.knows < push.version <= knows:\n",
        "        if theirs.knows < push.version:\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "the base holds pushes in any order",
        "    for push in sorted(pushes, key=lambda push: push.version):\n",
        "    for push in pushes:\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "an old value of theirs beats an edit of ours",
        "    if is_same(policy.kind, theirs, base):\n        return Outcome.KEEP_QUIET\n",
        "    if is_same(policy.kind, theirs, base):\n        return Outcome.TAKE\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "what both sides edited is taken from them",
        "        return Outcome.TAKE\n    return Outcome.CONFLICT\n",
        "        return Outcome.TAKE\n    return Outcome.TAKE\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "a removal beats a newer edit",
        "        elif is_removal(path, sides.theirs[path]) and subject_of(path) in sides.edited:\n",
        "        elif is_removal(path, sides.theirs[path]) and path in sides.edited:\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "fewer are ordered than were delivered",
        "        elif is_quantity(path) and Decimal(sides.theirs[path]) <",
        "        elif is_quantity(path) and -Decimal(sides.theirs[path]) >",
        TESTS,
    ),
    Mutant(
        MERGE,
        "an echo of ours closes a conflict",
        "    latest = theirs if is_news else conflict.theirs\n",
        "    latest = theirs\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "what was changed on arrival counts as an edit",
        "        return Outcome.CHANGED_ON_ARRIVAL\n",
        "        return outcome\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "delivered quantities go back",
        "    if policy.kind is Kind.PROGRESS and Decimal(theirs) <= Decimal(ours):\n",
        "    if policy.kind is Kind.PROGRESS and Decimal(theirs) == Decimal(ours):\n",
        TESTS,
    ),
    Mutant(
        MERGE,
        "what is not reported is forgotten of their snapshot",
        "        held={**base, **theirs},\n",
        "        held=theirs,\n",
        TESTS,
    ),
    Mutant(
        "fulfilment/sync/arrivals.py",
        "the same snapshot again is stale",
        "    return sequence < applied\n",
        "    return sequence <= applied\n",
        TESTS,
    ),
    Mutant(
        "fulfilment/sync/conflicts.py",
        "a field in conflict is sent as we hold it",
        "        return is_in_conflict(path, conflicting) or (",
        "        return (",
        TESTS,
    ),
    Mutant(
        "fulfilment/sync/conflicts.py",
        "a push names what they hold already",
        "        and not (path in held and is_same(policy.kind, held[path], value))\n",
        "",
        TESTS,
    ),
)
