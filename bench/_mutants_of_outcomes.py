"""Mutants of outcomes, replay, sending, fan-out and circuit breaker."""

from __future__ import annotations

from bench._mutant import Mutant, tests

OUTCOMES = "fulfilment/outbound/outcomes.py"
ACTIONS = "fulfilment/outbound/handoff_actions.py"
HANDOFFS = "fulfilment/models/handoffs.py"
BREAKER = "fulfilment/outbound/circuit_breaker.py"
HEALTH = "fulfilment/outbound/connection_health.py"
ENGINE = "fulfilment/connectors/engine.py"
WEBHOOK = "fulfilment/connectors/webhook.py"
FAN_OUT = "fulfilment/outbound/fan_out.py"
THREAD = "fulfilment/outbound/delivery_thread.py"

RESULTS = (
    Mutant(
        OUTCOMES,
        "a failed look-up is followed by sending",
        " or last.verb == Attempt.Verb.FIND",
        "",
        tests("outcomes", "leases", "engine"),
    ),
    Mutant(
        OUTCOMES,
        "an unknown outcome is retried like a failure",
        "unsure = is_acknowledged or last.outcome == Outcome.UNKNOWN or",
        "unsure = is_acknowledged or",
        tests("outcomes", "engine"),
    ),
    Mutant(
        OUTCOMES,
        "a failure of the connection burns an attempt",
        "handoff.refusal_count + (last.outcome in MESSAGE_OUTCOMES)",
        "handoff.refusal_count + 1",
        tests("outcomes"),
    ),
    Mutant(
        OUTCOMES,
        "a refused handoff needs nobody",
        "State.NEEDS_ATTENTION if pause is None else again",
        "again",
        tests("outcomes"),
    ),
    Mutant(
        OUTCOMES,
        "a refused handoff holds up nothing",
        "        holds_lane=pause is None and not skips_refused,\n",
        "        holds_lane=False,\n",
        tests("handoff_actions"),
    ),
    Mutant(
        OUTCOMES,
        "a refused handoff holds up a lane that skips it",
        "        holds_lane=pause is None and not skips_refused,\n",
        "        holds_lane=pause is None,\n",
        tests("completion"),
    ),
    Mutant(
        "fulfilment/outbound/retry_schedule.py",
        "one refusal fewer is allowed",
        "    if refusal_count > len(REFUSED_PAUSES):\n",
        "    if refusal_count >= len(REFUSED_PAUSES):\n",
        tests("retry_schedule", "outcomes"),
    ),
    Mutant(
        ACTIONS,
        "a replay sends blindly",
        "State.UNKNOWN_OUTCOME if unsure else State.QUEUED",
        "State.QUEUED",
        tests("handoff_actions"),
    ),
    Mutant(
        ACTIONS,
        "a replay unblocks its lane",
        "        is_blocked=first is not None and first.holds_lane,\n",
        "        is_blocked=False,\n",
        tests("handoff_actions"),
    ),
    Mutant(
        ACTIONS,
        "a replayed handoff keeps its refusals",
        "    handoff.refusal_count = 0\n",
        "",
        tests("handoff_actions"),
    ),
    Mutant(
        HANDOFFS,
        "what is being sent can be skipped",
        "return self.lease_token is not None and self.due_at > timezone.now()\n",
        "return self.lease_token is None and self.due_at > timezone.now()\n",
        tests("handoff_actions"),
    ),
)

SENDING = (
    Mutant(
        ENGINE,
        "a batch goes on after a failure",
        "            if not handoff.is_done or number == len(batch.handoffs):\n",
        "            if number == len(batch.handoffs):\n",
        tests("engine", "drain"),
    ),
    Mutant(
        ENGINE,
        "a batch goes on after its lease",
        "            if self._is_finishing or time.monotonic() > batch.last_start:\n",
        "            if self._is_finishing:\n",
        tests("engine", "leases"),
    ),
    Mutant(
        ENGINE,
        "a stopping worker starts further requests",
        "            if self._is_finishing or time.monotonic() > batch.last_start:\n",
        "            if time.monotonic() > batch.last_start:\n",
        tests("isolation"),
    ),
    Mutant(
        ENGINE,
        "what was acknowledged is sent again",
        "        if found.outcome != Outcome.NOT_FOUND or handoff.is_acknowledged:\n",
        "        if found.outcome != Outcome.NOT_FOUND:\n",
        tests("engine", "handoff_actions"),
    ),
    Mutant(
        ENGINE,
        "what was accepted without a reference is sent again",
        "    if found.outcome == Outcome.NOT_FOUND and not was_accepted:\n",
        "    if found.outcome == Outcome.NOT_FOUND:\n",
        tests("engine", "handoff_actions"),
    ),
    Mutant(
        ENGINE,
        "after a timeout a look-up is made at once",
        "        pushed.error.__cause__, TimeoutError\n",
        "        pushed.error.__cause__, KeyError\n",
        tests("engine"),
    ),
    Mutant(
        WEBHOOK,
        "a request that was sent counts as not sent",
        "        if progress.sent:\n            raise OutcomeUnknown",
        "        if progress.sent and progress.status:\n            raise OutcomeUnknown",
        tests("webhook"),
    ),
    Mutant(
        WEBHOOK,
        "redirects are followed",
        "            allow_redirects=False,\n",
        "            allow_redirects=True,\n",
        tests("webhook"),
    ),
    Mutant(
        FAN_OUT,
        "a connection is sent what it said itself",
        " AND code <> %(origin)s\n",
        "\n",
        tests("fan_out"),
    ),
    Mutant(
        FAN_OUT,
        "a disabled connection is sent to",
        "status <> 'disabled' AND ",
        "",
        tests("fan_out", "connections"),
    ),
    Mutant(
        FAN_OUT,
        "a save breaks the lease of its lane",
        "CASE WHEN lane.pending = 0 AND lane.lease_token IS NULL\n"
        "                      THEN clock_timestamp() ELSE lane.due_at END",
        "clock_timestamp()",
        tests("fan_out", "leases"),
    ),
    Mutant(
        BREAKER,
        "the circuit breaker opens one failure later",
        "FAILURES_IN_ROW = 5\n",
        "FAILURES_IN_ROW = 6\n",
        tests("circuit_breaker", "connection_health"),
    ),
    Mutant(
        BREAKER,
        "half a minute's failures open nothing",
        "half = good + failed >= FEWEST_ANSWERS and failed * 2 >= good + failed",
        "half = False",
        tests("circuit_breaker"),
    ),
    Mutant(
        BREAKER,
        "failures sent before it opened open it again",
        "return self.state == State.OPEN and self.not_before is not None and self.not_before > now",
        "return False",
        tests("circuit_breaker"),
    ),
    Mutant(
        HEALTH,
        "a refusal counts as a failure of the connection",
        "Outcome.NO_REFERENCE, Outcome.REFUSED, ",
        "Outcome.NO_REFERENCE, ",
        tests("connection_health"),
    ),
    Mutant(
        HEALTH,
        "a refused sign-in pauses nothing",
        "        return state.wait(now, circuit_breaker.PROBE_SIGN_IN_SECONDS)\n",
        "        return state.fail(now)\n",
        tests("connection_health"),
    ),
    Mutant(
        THREAD,
        "a result of another connection delays a claim",
        "        steps = self._engine.collect(RETRY_SECONDS if delivery.unstored else None)\n"
        "        self._claim(delivery)\n",
        "        steps = self._engine.collect(RETRY_SECONDS if delivery.unstored else None)\n",
        tests("isolation"),
    ),
)
