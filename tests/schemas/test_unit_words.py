"""What staff misread is written out: "U" for a nought, "ug" for mg."""

import pytest

from schemas.unit_words import well_read


@pytest.mark.parametrize(
    ("stated", "read"),
    [
        ("insulin: 20 U given while", "insulin: 20 units given while"),
        (
            "51 ug given as screening dose 1; at most 50 ug.",
            "51 mcg given as screening dose 1; at most 50 mcg.",
        ),
        ("dopamine: 50.000208 ug/kg/min stated", "dopamine: 50.000208 mcg/kg/min stated"),
        ("at most 25 U/kg/h are safe", "at most 25 units/kg/h are safe"),
        ("heparin 5000 [iU], then 5000 IU", "heparin 5000 units, then 5000 units"),
        ("a dose of 10 U", "a dose of 10 units"),
    ],
)
def test_units_behind_numbers_are_written_out(stated: str, read: str) -> None:
    assert well_read(stated) == read


@pytest.mark.parametrize(
    "stated", ["insulin u-500: 50 mg", "Insulin 100 UNT/ML", "in ward 3 Ulm", "2 ugly", "order U 7", "10 mU"]
)
def test_what_is_no_such_unit_stays(stated: str) -> None:
    assert well_read(stated) == stated
