"""The supply-chain system: keeps orders that Throughline edits too, ships and bills them."""
