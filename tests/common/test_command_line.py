"""Numbers among the options of a command."""

from __future__ import annotations

from argparse import ArgumentTypeError

import pytest

from common.command_line import seconds, whole_number


def test_numbers_are_read() -> None:
    assert whole_number("8000") == 8000
    assert seconds("0.5") == 0.5


@pytest.mark.parametrize("typed", ["1_0", "ten", "1\N{ARABIC-INDIC DIGIT TWO}"])
def test_what_is_none_is_refused_in_a_sentence(typed: str) -> None:
    with pytest.raises(ArgumentTypeError, match=f"“{typed}” is not a whole number."):
        whole_number(typed)
    with pytest.raises(ArgumentTypeError, match=f"“{typed}” is not a number of seconds."):
        seconds(typed)


@pytest.mark.parametrize("typed", ["nan", "inf", "-inf"])
def test_endless_times_are_refused(typed: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a number of seconds"):
        seconds(typed)


def test_numbers_below_nought_are_refused() -> None:
    with pytest.raises(ArgumentTypeError, match="“-1” is below 0"):
        whole_number("-1")
    for typed in ("-1", "0"):
        with pytest.raises(ArgumentTypeError, match=f"“{typed}” is no time"):
            seconds(typed)
