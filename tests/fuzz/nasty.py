"""Values that no screen would offer and no partner should send."""

from __future__ import annotations

WORST = (
    "sNaN", "NaN", "sNaN%", "1E+9999999", "1e-9999999", "1E+9999999%", "1e-9999999%", "1E+999",
    "1e15", "1e20", "-7", "20", "-0.00001", "0.5", "9" * 400, "no-uuid", "\x00", "10000-01-01",
)  # fmt: skip
"""Values of which each has once brought something down, or passed where it should not."""

NASTY = (
    *WORST,
    "NaN%", "Infinity", "-Infinity%", "-0.00001%", "20%", "1e400", "-1", "0",
    "2147483648", "99999999999999999999999999", "1.123456789012345", "٣",
    "a\x00b", "x" * 5000, "é" * 300, "00000000-0000-0000-0000-000000000000",
    "2026-02-30", "9999-12-31", "0001-01-01", "%s %(x)s %d %", "<script>", "'\"\\",
    "\u202e", "[]", "{", "null", "true", "", " ", "EUR", "€1,000.00", "1.000,00", "1,5",
    "12.50 / 0", "1 / NaN", "1e400 / 1e400", "/", "1 / -1e-9999999", "1 / 1E+9999999", "3.99/100",
)  # fmt: skip
