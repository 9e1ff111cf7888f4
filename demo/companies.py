"""Names of the companies of the sample data."""

from __future__ import annotations

COMPANY = "Aurelia Bar Supply SAS"
BERLIN = "Aurelia Bar Supply GmbH"
WHOLESALE = "Aurelia Wholesale SAS"
"""Its orders are kept in a supply-chain system too, which ships and bills them."""
