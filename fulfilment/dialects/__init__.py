"""Dialects: documents of ours in the words of another kind of system, and theirs in ours."""
