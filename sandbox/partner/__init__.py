"""Conformance kit: a partner's system made from the documents alone, in Python and in Node."""
