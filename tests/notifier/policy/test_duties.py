"""Whose duties an edited policy changes, and what they are told of it."""

from datetime import timedelta
from pathlib import Path

import pytest

from services.notifier.policy.duties import changes, turns
from tests.notifier.policy.duty_plans import shown
from tests.notifier.policy.written import PEOPLE, ROTAS, changed, complaints, policy, put

NOON = shown("2026-05-04 12:00")
COVER = """\
    covers:
      - {begins: 2026-05-06 06:00, ends: 2026-05-06 18:00, persons: [n-2], instead_of: n-1}
  - id: doctors
"""


def covered(directory: Path) -> dict[str, str]:
    return {"rotas.yaml": ROTAS.replace("  - id: doctors\n", COVER)}


def twice(tmp_path: Path) -> tuple[Path, Path]:
    before, after = tmp_path / "before", tmp_path / "after"
    before.mkdir()
    after.mkdir()
    return before, after


def test_the_turns_of_a_person_are_unbroken_and_cut_off_at_both_ends(tmp_path: Path) -> None:
    found = turns(policy(tmp_path), NOON, NOON + timedelta(days=1))
    said = [(f"{t.start:%d %H:%M}", f"{t.end:%d %H:%M}", t.rota) for t in found["n-1"]]
    assert said == [("04 10:00", "04 16:00", "nurses"), ("05 04:00", "05 10:00", "nurses")]
    assert len(found["d-1"]) == 1


def test_a_cover_is_told_to_both_and_to_nobody_else(tmp_path: Path) -> None:
    before, after = twice(tmp_path)
    said = changes(policy(before), policy(after, covered(after)), NOON)
    assert set(said) == {"n-1", "n-2"}
    assert said["n-1"] == (
        "Your duties of the next 14 days have changed: "
        "no more on duty 2026-05-06 06:00 to 2026-05-06 18:00 (nurses)"
    )
    assert "now on duty 2026-05-05 18:00 to 2026-05-07 06:00 (nurses)" in said["n-2"]


def test_what_lies_beyond_two_weeks_is_told_to_nobody(tmp_path: Path) -> None:
    before, after = twice(tmp_path)
    later = {"rotas.yaml": covered(after)["rotas.yaml"].replace("2026-05-06", "2026-05-20")}
    assert changes(policy(before), policy(after, later), NOON) == {}


def test_an_edit_that_leaves_the_duties_as_they_are_is_told_to_nobody(tmp_path: Path) -> None:
    before, after = twice(tmp_path)
    edited = changed("acknowledged_for: 15 min", "acknowledged_for: 16 min")
    assert changes(policy(before), policy(after, edited), NOON) == {}


def test_many_changes_are_counted_and_not_all_listed(tmp_path: Path) -> None:
    before, after = twice(tmp_path)
    said = changes(policy(before), policy(after, changed("together: [n-1]}", "together: [n-2]}")), NOON)
    assert said["n-1"].count("no more on duty") == 5
    assert said["n-1"].endswith("; and 10 more")


def test_a_channel_for_notices_is_one_of_their_own(tmp_path: Path) -> None:
    named = PEOPLE.replace("{id: n-1, ", "{id: n-1, notices: webhook, ")
    assert policy(tmp_path, {"people.yaml": named}).people.notices("n-1") == "webhook"
    assert policy(tmp_path).people.notices("n-1") == "smtp"
    wrong = PEOPLE.replace("{id: n-2, ", "{id: n-2, notices: smtp, ")
    (only,) = complaints(put(tmp_path, {"people.yaml": wrong}))
    assert "notices names none of the person's channels; name one of them" in only


@pytest.mark.parametrize("person", ["nobody", ""])
def test_who_is_not_known_has_no_channel_for_notices(tmp_path: Path, person: str) -> None:
    assert policy(tmp_path).people.notices(person) is None
