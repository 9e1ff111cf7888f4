"""What partners rely on beside the schemas, in sentences for OpenAPI and AsyncAPI.

The figures are those of the code; a test compares them with docs/integrators.md.
"""

from __future__ import annotations

from common.fields import LONGEST_REFERENCE
from fulfilment.connectors.webhook import ANSWER_BYTES
from fulfilment.inbound.intake import DEFERRED_FOR
from fulfilment.inbound.schemas import DEEPEST
from fulfilment.models import Connection
from fulfilment.models.connections import LONGEST_DEADLINE
from fulfilment.models.tolerances import TOLERATED
from fulfilment.outbound.retry_schedule import REFUSED_PAUSES

LARGEST_BODY = 256 * 1024
MOST_AT_ONCE = 100
DEADLINE = Connection._meta.get_field("deadline_seconds").get_default()

RECEIVING = (
    "CloudEvents 1.0 in structured JSON, posted under Standard Webhooks headers. Receivers verify "
    "the signature over the raw bytes, drop ids that they know, ignore lower sequences of the same "
    "source, and answer after storing.\n\n"
    f"Answer within the deadline of the connection, {DEADLINE} s unless it is set otherwise (1 to "
    f"{LONGEST_DEADLINE} s); at most {ANSWER_BYTES // 1024} KiB of the answer are read, as it is, "
    'without decompression. 200 or 201 with `{"reference": "…"}`, of up to '
    f"{LONGEST_REFERENCE} characters, names the record that you opened; 202 or another 2xx takes "
    "the message without opening one. If the connection has `gives_references` and "
    "`answers_look_ups`, a 2xx without a reference to `throughline.order.submitted` or "
    "`throughline.invoice.issued` is looked up. 3xx is never followed: the connection stops with "
    "an alert. 401, 403 and 410 stop it too. 429, and 503 with `Retry-After`, pause it. Any other "
    f"4xx but 408 and 425 is a refusal: after {len(REFUSED_PAUSES) + 1} attempts a person looks. "
    "408, 425 and 5xx are retried until they succeed.\n\n"
    "If an answer is lost, the message is looked up before it is sent again: `GET` at the URL of "
    "the connection with `/{webhook-id}` at the end of its path and its own query, unless "
    "`answers_look_ups` is off. A look-up has no body and is signed over `{}`: pass `{}` to your "
    "library. Answer 200 with the reference, or 404."
)

REPORTING = (
    f"One event, or an array of up to {MOST_AT_ONCE}, which is answered with `results`, one for "
    "each in the same order; in an array, an event that does not match its schema is *invalid* "
    "and the others are applied. Signed as Standard Webhooks with the connection's inbound "
    "secret over the raw bytes, at most five minutes old, at most "
    f"{LARGEST_BODY // 1024} KiB and {DEEPEST} levels deep, sent with its length or in chunks, "
    "never compressed, each key of an object once. A known id answers `duplicate`; the same id "
    "with another body is refused: alone with 422, in an array as `conflict`, of which nothing is "
    "taken. "
    "Reports may come in any order: quantities are totals, statuses only move forward; "
    "a shipment or a return of nothing but quantities of 0 is a correction or invalid. A report "
    f"on a document that does not exist yet is retried for "
    f"{int(DEFERRED_FOR.total_seconds() // 3600)} hours. The setting `tolerance` of a connection "
    f"says by how much {' and '.join(f'`{name}`' for name in TOLERATED)} may differ from ours."
)
