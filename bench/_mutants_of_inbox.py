"""Mutants of the inbox and of deferral."""

from __future__ import annotations

from bench._mutant import Mutant, tests

INTAKE = "fulfilment/inbound/intake.py"
DEFERRAL = "fulfilment/inbound/deferral.py"

INBOX = (
    Mutant(
        INTAKE,
        "another body under a known id is taken for a repeat",
        "    if stored.digest != message.digest:\n",
        "    if stored.digest != message.digest and is_new:\n",
        ("tests/api/test_intake.py",),
    ),
    Mutant(
        INTAKE,
        "a repeat is applied again",
        "    if not is_new:\n        earlier",
        "    if not is_new and failure:\n        earlier",
        tests("intake", "effects"),
    ),
    Mutant(
        INTAKE,
        "the sequence of a sender goes back",
        "    earlier = states.filter(applied_sequence__lte=sequence)\n",
        "    earlier = states\n",
        tests("intake"),
    ),
    Mutant(
        INTAKE,
        "what came late and changed nothing counts as applied",
        "    return Result.APPLIED if effect.has_changed or is_latest else Result.STALE\n",
        "    return Result.APPLIED\n",
        tests("intake"),
    ),
    Mutant(
        INTAKE,
        "a connection reports what it is not set up for",
        "record=check_may_report(connection, message)",
        "record=None",
        tests("permissions"),
    ),
    Mutant(
        INTAKE,
        "what has no document waits for ever once a person applies it",
        "    gave_up = applied.result == Result.DEFERRED and not waits\n",
        "    gave_up = False\n",
        tests("message_actions"),
    ),
    Mutant(
        INTAKE,
        "what was set aside is applied again",
        ".filter(pk=key, result__in=results, resolved_at__isnull=True)",
        ".filter(pk=key, result__in=results)",
        tests("message_actions"),
    ),
    Mutant(
        INTAKE,
        "a refused report keeps a part of its effect",
        "            transaction.atomic(),\n            caused_by(",
        "            caused_by(",
        tests("intake", "message_actions", "credit_effects"),
    ),
    Mutant(
        INTAKE,
        "a report confirms nothing",
        "        state=Handoff.State.ACCEPTED,\n",
        "        state=Handoff.State.CONFIRMED,\n",
        tests("intake"),
    ),
    Mutant(
        INTAKE,
        "a report of what was decided before waits for a person",
        "    if stored.root_id is not None and stored.result in InboundMessage.COUNTED:\n",
        "    if stored.root_id is None and stored.result in InboundMessage.COUNTED:\n",
        tests("order_effects"),
    ),
    Mutant(
        DEFERRAL,
        "messages whose document is missing are tried before the others",
        "(Q(result=Result.DEFERRED) & has_arrived()) | mended",
        "Q(result=Result.DEFERRED) | mended",
        tests("deferral"),
    ),
    Mutant(
        DEFERRAL,
        "what cannot be placed is tried first each time",
        'F("tried_at").asc(nulls_first=True), "id"',
        '"id"',
        tests("deferral"),
    ),
    Mutant(
        DEFERRAL,
        "a message that fails stops those behind it",
        '        log.exception("Deferred message %s is tried again later.", key)\n'
        "        return False\n",
        "        raise\n",
        tests("deferral"),
    ),
    Mutant(
        DEFERRAL,
        "a message waits longer than a day",
        "    expired = waiting.filter(give_up_at__lt=timezone.now())\n",
        "    expired = waiting.filter(give_up_at__isnull=True)\n",
        tests("deferral"),
    ),
)
