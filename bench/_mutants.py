"""All mutants of fulfilment, in the order in which they run."""

from __future__ import annotations

from bench._mutants_of_inbox import INBOX
from bench._mutants_of_leases import CLAIMS, COMPLETIONS
from bench._mutants_of_merge import MERGED
from bench._mutants_of_outcomes import RESULTS, SENDING
from bench._mutants_of_reports import ADDED_UP

MUTANTS = (*CLAIMS, *COMPLETIONS, *RESULTS, *SENDING, *INBOX, *ADDED_UP, *MERGED)
