"""Typed numbers: decimal commas and groups of digits as people write them; what is ambiguous is no number."""

from __future__ import annotations

import pytest

from convnet_studio.lessons.typed_number import typed_number

NUMBERS = {
    "0,25": 0.25,
    "2,5": 2.5,
    "-0,5": -0.5,
    "0,250": 0.25,
    "1,000": 1000,
    "12,345,678.5": 12345678.5,
    "1 000": 1000,
    "1\u2009000\u2009000": 1e6,
    "12\u202f345,5": 12345.5,
    "\u22123": -3,
    "\u20133": -3,
    " 2 / 3 ": 2 / 3,
    "2/1,5": 2 / 1.5,
    "1.6e10": 1.6e10,
    "1000,25": 1000.25,
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_as_people_write_them(text: str) -> None:
    assert typed_number(text) == pytest.approx(NUMBERS[text], rel=1e-12)


@pytest.mark.parametrize(
    "text", ["", "3 4", "1<2", "1.000,5", "1,234,5", "12,34,567", "1 00", "1/0", "1,", "9^9^9", "x"]
)
def test_what_says_no_number(text: str) -> None:
    assert typed_number(text) is None
