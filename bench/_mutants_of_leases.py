"""Mutants of claims, leases and completion."""

from __future__ import annotations

from bench._mutant import Mutant, tests

LEASES = "fulfilment/outbound/leases.py"
COMPLETION = "fulfilment/outbound/completion.py"

CLAIMS = (
    Mutant(
        LEASES,
        "an expired outbound secret still signs",
        "secret.expires_at > statement_timestamp())",
        "true)",
        tests("connections", "leases"),
    ),
    Mutant(
        LEASES,
        "a secret signs before it is active",
        "             AND secret.active_from <= statement_timestamp()\n",
        "",
        tests("connections", "leases"),
    ),
    Mutant(
        LEASES,
        "the secret of what comes in signs what goes out",
        " AND secret.purpose = 'outbound'",
        "",
        tests("leases", "drain"),
    ),
    Mutant(
        LEASES,
        "a paused connection is sent to",
        "WHERE (connection.status = 'active'",
        "WHERE (connection.status IN ('active', 'paused')",
        tests("connections", "connection_health"),
    ),
    Mutant(
        LEASES,
        "a connection with a pause is sent to",
        "  AND (health.not_before IS NULL OR health.not_before <= statement_timestamp())\n",
        "",
        tests("connection_health"),
    ),
    Mutant(
        LEASES,
        "a refused sign-in is never tried again",
        "       OR connection.status = 'auth_failed' AND health.not_before IS NOT NULL)",
        ")",
        tests("connection_health"),
    ),
    Mutant(
        LEASES,
        "a claim waits for who holds the connection",
        "FOR NO KEY UPDATE OF health SKIP LOCKED",
        "FOR NO KEY UPDATE OF health",
        tests("isolation"),
    ),
    Mutant(
        LEASES,
        "a claim takes a lane that is leased",
        "    due_at = clock_timestamp() + make_interval(secs => chosen.seconds)\n",
        "    due_at = clock_timestamp()\n",
        tests("leases"),
    ),
    Mutant(
        LEASES,
        "the limit of a connection counts expired leases",
        "\n          AND leased.lease_token IS NOT NULL AND leased.due_at > statement_timestamp()",
        "\n          AND leased.lease_token IS NOT NULL",
        tests("leases", "connections"),
    ),
    Mutant(
        LEASES,
        "the limit of a connection is not kept",
        "least(room.at_once - room.busy, greatest(%(share)s, 1 - room.busy))",
        "greatest(%(share)s, 1 - room.busy)",
        tests("leases"),
    ),
    Mutant(
        LEASES,
        "others use all slots of a connection",
        "greatest(%(share)s, 1 - room.busy)",
        "%(share)s",
        tests("isolation"),
    ),
    Mutant(
        LEASES,
        "a blocked lane is claimed",
        "AND lane.pending > 0 AND NOT lane.is_blocked AND lane.due_at <= statement_timestamp()\n"
        "        ORDER BY",
        "AND lane.pending > 0 AND lane.due_at <= statement_timestamp()\n        ORDER BY",
        tests("leases"),
    ),
    Mutant(
        LEASES,
        "what stands behind a refused one is claimed",
        "    WHERE NOT first.is_held\n",
        "",
        tests("handoff_actions"),
    ),
    Mutant(
        LEASES,
        "the handoffs of a lane are claimed in any order",
        "        handoffs.sort(key=lambda each: each.position)\n",
        "        handoffs.sort(key=lambda each: -each.position)\n",
        tests("drain"),
    ),
    Mutant(
        LEASES,
        "what a dead worker was sending is sent blindly",
        "next.state IN ('sending', 'unknown_outcome')",
        "next.state = 'unknown_outcome'",
        tests("leases"),
    ),
    Mutant(
        LEASES,
        "an unknown outcome is sent blindly",
        "next.state IN ('sending', 'unknown_outcome')",
        "next.state = 'sending'",
        tests("handoff_actions"),
    ),
    Mutant(
        LEASES,
        "a first copy that may still arrive is forgotten",
        "AND attempt.outcome = 'unknown'",
        "AND attempt.outcome = 'never'",
        tests("leases"),
    ),
    Mutant(
        LEASES,
        "a replay of what was delivered looks it up",
        "OR next.delivered_at IS NULL AND EXISTS",
        "OR EXISTS",
        tests("leases"),
    ),
    Mutant(
        LEASES,
        "requests start until the lease ends",
        "    return lease_seconds(deadline) - 2 * deadline - LEASE_MARGIN\n",
        "    return lease_seconds(deadline)\n",
        tests("leases", "completion", "engine"),
    ),
)

COMPLETIONS = (
    Mutant(
        COMPLETION,
        "who lost the lease completes all the same",
        "  ON lane.id = held.id AND lane.lease_token = held.token\n",
        "  ON lane.id = held.id\n",
        tests("leases", "completion", "concurrency"),
    ),
    Mutant(
        COMPLETION,
        "a completion waits for a save that holds the lane",
        'LANES_LOCKED = LANES_HELD + "FOR NO KEY UPDATE OF lane SKIP LOCKED"',
        'LANES_LOCKED = LANES_HELD + "FOR NO KEY UPDATE OF lane"',
        tests("completion", "concurrency"),
    ),
    Mutant(
        COMPLETION,
        "a reference is overwritten by nothing",
        "CASE WHEN outcome.reference = '' THEN handoff.reference ELSE outcome.reference END",
        "outcome.reference",
        tests("completion", "outcomes", "drain", "handoff_actions"),
    ),
    Mutant(
        COMPLETION,
        "an acknowledged handoff forgets that it is",
        "handoff.is_acknowledged OR outcome.is_acknowledged",
        "outcome.is_acknowledged",
        tests("outcomes", "engine", "handoff_actions"),
        explained="decide_outcome passes on what was known, so that both are equal",
    ),
    Mutant(
        COMPLETION,
        "a lane is free while its batch goes on",
        "CASE WHEN result.is_over THEN NULL ELSE lane.lease_token END",
        "NULL",
        tests("completion", "leases"),
    ),
    Mutant(
        COMPLETION,
        "a refused handoff blocks nothing",
        "    is_blocked = result.is_over AND coalesce((",
        "    is_blocked = false AND coalesce((",
        tests("handoff_actions", "outcomes", "completion"),
    ),
    Mutant(
        COMPLETION,
        "an older version is acknowledged after a newer one",
        "greatest(lane.acked_version, result.version)",
        "result.version",
        tests("completion", "drain", "outcomes"),
    ),
    Mutant(
        COMPLETION,
        "a delivery is not counted",
        "        settled=len(accepted) + len(skipped),\n",
        "        settled=len(accepted),\n",
        tests("completion", "handoff_actions"),
    ),
    Mutant(
        COMPLETION,
        "an answer without a place stops all connections",
        "        return _set_aside(token, step, error)\n",
        "        raise\n",
        tests("isolation"),
    ),
    Mutant(
        COMPLETION,
        "what could not be stored is sent blindly",
        "            handoff.results = [_unknown(cause)] if handoff.results else []\n",
        "            handoff.results = []\n",
        tests("isolation"),
    ),
    Mutant(
        COMPLETION,
        "attempts of abandoned requests leave no evidence",
        "            for result in (*handoff.abandoned, *handoff.results)\n",
        "            for result in handoff.results\n",
        tests("leases"),
    ),
)
