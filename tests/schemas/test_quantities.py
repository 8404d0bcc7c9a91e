"""Units: exact where arithmetic leads from one to the other, refused where only knowledge could."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.quantities import (
    Quantity,
    UnconvertibleUnit,
    UnknownUnit,
    base,
    codes,
    convert,
    dimension,
    plain,
    ucum,
)

MASS = ("kg", "g", "mg", "ug", "ng")
AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=6)


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("mcg", "ug"),
        ("µg", "ug"),
        ("MG", "mg"),
        ("gm", "g"),
        ("mEq", "meq"),
        ("UNT", "U"),
        ("unt", "U"),
        ("IU", "[iU]"),
        ("TAB", "{tablet}"),
        ("tablets", "{tablet}"),
        ("PTCH", "{patch}"),
        ("[drp]", "{drop}"),
        ("[Drops]", "{drop}"),
        ("Hours", "h"),
        ("UG", "ug"),
        ("hours", "h"),
        ("sec", "s"),
        ("SECONDS", "s"),
        ("mL/min/1.73m2", "mL/min/{1.73_m2}"),
        ("mEq/L", "meq/L"),
        ("IU/L", "[iU]/L"),
        ("uIU/mL", "u[iU]/mL"),
        ("K/uL", "10*3/uL"),
        ("INR", "{INR}"),
        ("lbs", "[lb_av]"),
        ("inches", "[in_i]"),
    ],
)
def test_units_as_sources_spell_them_become_ucum(spelling: str, code: str) -> None:
    assert ucum(spelling) == code


@pytest.mark.parametrize("unit", ["mgg", "mg/kg", "parsec", "", "  ", "[tb_us]", "[tbs_us]", "tab_us"])
def test_a_unit_nobody_can_calculate_with_is_refused_by_its_name(unit: str) -> None:
    with pytest.raises(UnknownUnit, match=f"unit '{re.escape(unit)}' is not"):
        ucum(unit)


@pytest.mark.parametrize("unit", ["mg PE", "MG PE", "mgPE", "mg{PE}"])
def test_milligrams_of_phenytoin_equivalents_are_never_taken_for_milligrams(unit: str) -> None:
    assert ucum(unit) == "mg{PE}"
    with pytest.raises(UnconvertibleUnit):
        convert(Decimal(100), unit, "mg")


def test_the_codes_of_a_dimension_are_those_that_convert_into_each_other() -> None:
    assert codes("mass") == ("kg", "g", "mg", "ug", "ng", "[lb_av]", "[oz_av]")
    assert codes("flow") == ("mL/min",)
    assert codes("no dimension") == ()


def test_all_codes_are_those_of_every_dimension_and_each_stands_for_itself() -> None:
    known = codes()
    assert set(known) >= {"mg", "[iU]", "{tablet}", "{drop}", "{INR}"}
    assert not {"{tab}", "{drops}", "{drp}"} & set(known)
    assert len(known) == len(set(known))
    assert [ucum(code) for code in known] == list(known)


def test_what_is_counted_is_listed_in_order_of_its_name() -> None:
    counted = [code for code in codes("count") if code not in ("1", "{INR}")]
    assert counted == sorted(counted)
    assert counted[0] == "{ampoule}"


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("mg", "mL"),
        ("mmol", "mg"),
        ("meq", "mmol"),
        ("[iU]", "mg"),
        ("U", "[iU]"),
        ("{tablet}", "mg"),
        ("meq/L", "mmol/L"),
        ("U/L", "[iU]/L"),
        ("{INR}", "1"),
        ("%", "10*3/uL"),
    ],
)
def test_what_only_knowledge_could_bridge_is_not_converted(unit: str, to: str) -> None:
    with pytest.raises(UnconvertibleUnit):
        convert(Decimal(1), unit, to)


def test_a_microgram_is_a_thousandth_of_a_milligram_exactly() -> None:
    assert convert(Decimal(50), "ug", "mg") == Decimal("0.05")
    assert convert(Decimal("0.05"), "mg", "mcg") == 50


@pytest.mark.parametrize(
    ("value", "unit", "to", "same"),
    [
        ("1", "ng/mL", "ug/L", "1"),
        ("15", "ug/mL", "mg/L", "15"),
        ("0.9", "ug/dL", "ng/mL", "9"),
        ("250", "10*9/L", "10*3/uL", "250"),
        ("450", "/uL", "10*3/uL", "0.45"),
        ("2.5", "u[iU]/mL", "m[iU]/L", "2.5"),
        ("1.3", "nmol/L", "umol/L", "0.0013"),
        ("0.45", "s", "ms", "450"),
    ],
)
def test_results_of_a_laboratory_convert_exactly(value: str, unit: str, to: str, same: str) -> None:
    assert convert(Decimal(value), unit, to) == Decimal(same)


@given(AMOUNTS, st.sampled_from(MASS), st.sampled_from(MASS))
def test_converting_there_and_back_changes_nothing(value: Decimal, unit: str, to: str) -> None:
    assert convert(convert(value, unit, to), to, unit) == value
    assert base(value, unit) == base(convert(value, unit, to), to)


@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity"])
def test_an_amount_is_a_number_not_below_zero(value: str) -> None:
    with pytest.raises(ValidationError):
        Quantity(value=Decimal(value), unit="mg")


@pytest.mark.parametrize(
    ("value", "text"), [("2E+1", "20"), ("20.00", "20"), ("0.0050", "0.005"), ("100", "100")]
)
def test_numbers_are_written_as_people_write_them(value: str, text: str) -> None:
    assert plain(Decimal(value)) == text


@pytest.mark.parametrize(("unit", "to"), [("{tablet}", "1"), ("1", "{tablet}"), ("{tablet}", "{capsule}")])
def test_a_tablet_is_no_bare_number_and_no_capsule(unit: str, to: str) -> None:
    with pytest.raises(UnconvertibleUnit, match=f"'{re.escape(unit)}' cannot be converted to"):
        convert(Decimal(1), unit, to)


def test_what_can_be_counted_is_a_count_and_converts_to_itself_alone() -> None:
    assert dimension("tabs") == dimension("{patch}") == "count"
    assert convert(Decimal(2), "tabs", "{tablet}") == 2
