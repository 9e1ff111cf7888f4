"""All mutants of fulfilment; those of intake and of merging join as tuples of their own."""

from __future__ import annotations

from bench._mutants_of_leases import CLAIMS, COMPLETIONS
from bench._mutants_of_outcomes import RESULTS, SENDING

MUTANTS = (*CLAIMS, *COMPLETIONS, *RESULTS, *SENDING)
