"""What is wrong with a policy is told by file, line and cure; none is taken in part."""

from pathlib import Path

import pytest

from services.notifier.policy.files import state_of
from tests.notifier.policy.duty_plans import shown
from tests.notifier.policy.written import ROTAS, changed, complaints, policy, put

EXAMPLE = Path(__file__).parents[3] / "deploy" / "policies" / "example"
FIRST_STEP = "      - tell: [role:nurse]\n"
LAST_STEP = "{unanswered: 60 min, tell: [role:nurse]}"
STEP = "\n      - {unanswered: %s, tell: [rota:doctors]}"
TECHNICAL = "technical:\n  steps:\n    - tell: [%s]"
ORDINARY = "tiers: [3]\n    steps"
FALLBACK = "fallback: [%s]\n    acknowledged_for: 4 h"
NIGHT = "begins: 22:00, ends: 06:00"

NAMES = [
    ("{id: n-2, role", "{id: n-1, role", "n2\"", "two people are called 'n-1'; give each an id of their own"),
    ("id: boss", "id: desk", "desk", "'desk' is whoever is told where there is no policy"),
    ("[n-2]}", "[n-9]}", "n-9", "unknown person 'n-9'; add them to people.yaml"),
    ("id: doctors", "id: nurses # 2", "# 2", "two rotas are called 'nurses'"),
    ('"4"]\n    layers', '"5"]\n    layers', '"5"', "unknown ward '5'; add it to wards in routes.yaml"),
    ("doctors", 'doctors\n    role: nurse\n    wards: ["4"]', '["4"]', "serves nurse of ward '4' already"),
    ("id: doctors", "id: doctors\n    role: nurse", "doctors", "role and wards belong together; give both"),
    ("Europe/Berlin", "Europe/Atlantis", "Atlantis", "no time zone is called 'Europe/Atlantis'"),
    ("[role:nurse]\n    ack", "[person:nobody]\n    ack", "nobody", "unknown person 'nobody'"),
    ("[role:nurse]\n    ack", "[rota:nobody]\n    ack", "nobody", "unknown rota 'nobody'"),
    ("[role:nurse]\n    ack", "[role:porter]\n    ack", "porter", "serves the role 'porter' of ward '3'"),
    ("[role:nurse]\n    ack", "[porter]\n    ack", "porter", "fallback.0"),
    (TECHNICAL % "person:boss", TECHNICAL % " role:nurse", "[ role", "name a rota or a person"),
    ('"3"]\n    tiers', '"5"]\n    tiers', '"5"', "unknown ward '5'"),
    ('["3"], tiers: [3]', '["5"], tiers: [3]', '"5"', "unknown ward '5'"),
    ("id: soft", "id: loud # 2", "# 2", "the route's id 'loud' is taken"),
    ("id: soft", "id: unmatched", "id: unmatched", "the route's id 'unmatched' is taken"),
    ('"4"]\nroutes', '"4", "3"]\nroutes', '"4", "3"', "the ward '3' is listed twice"),
]  # fmt: skip
ADDRESSES = [
    ("by: smtp, address: boss@hospital.example", "by: sms", "sms", "no channel 'sms'; use one of terminal"),
    ("address: boss@hospital.example", "address: boss", "boss}", "'boss': this is not a mail address"),
    (", address: boss@hospital.example", "", "by: smtp}", "'boss': this is not a mail address"),
    ("https://pager.example/n2", "ftp://pager.example/n2", "ftp", "a webhook needs an https:// address"),
    ("by: smtp, address: boss@hospital.example", "by: webpush", "webpush", "no subscription is named"),
    ("by: smtp, address: boss", "by: terminal, address: boss", "terminal", "the terminal has no addresses"),
]  # fmt: skip
STEPS = [
    (LAST_STEP, "{tell: [role:nurse]}", "- {tell", "the step has no time; say unanswered"),
    (LAST_STEP, LAST_STEP + STEP % "3600 s", "3600", "the one before it comes after 60 min"),
    (LAST_STEP, LAST_STEP + STEP % "59 min", "59 min", "the step cannot be reached"),
    (LAST_STEP, "{unanswered: 60 minutes, tell: [role:nurse]}", "minutes", "write 'min'"),
    (f"{LAST_STEP}\n    fallback", "{unanswered: 0 s, tell: [boss]}\n    fallback", "0 s", "greater than"),
    (f"steps:\n{FIRST_STEP}      - {LAST_STEP}", f"steps: # 2\n{FIRST_STEP}", "# 2", "at least two steps"),
    ("acknowledged_for: 15 min", "acknowledged_for: 4 min", "4 min", "at least as long as the second step's"),
    (FALLBACK % "person:boss", FALLBACK % " role:nurse", "[ role", "nobody but those"),
    ("by: [webhook]", "by: [smtp]", "[smtp]", "'n-2' has none of the channels smtp and is not told"),
    (ORDINARY, "tiers: [3, 2]\n    steps", "soft", "tiers 1 and 2 never expire"),
]  # fmt: skip
COVERING = [
    (ORDINARY, "tiers: [3]\n    checks: [age]\n    steps", '"4"]', "every alert of tier 3 on ward '3'"),
    ("tiers: [1, 2]", "tiers: [1]", '"4"]', "no route takes every alert of tier 2 on ward '4'"),
    ("loud\n    wards: all", 'loud\n    wards: ["4"]', '"3", "4"]', "of tier 1, 2 on ward '3'"),
    ("tiers: [3], days", "tiers: [2], days", "[2], days", "quiet_hours.0.tiers.0"),
    (NIGHT, "begins: 20:00, ends: 10:00", "20:00", "14 hours or longer in a row"),
]  # fmt: skip

LOW = [
    ("together: 5 min", "- {unanswered: 5 min, tell: [rota", "make together shorter"),
    ("together: 31 min", "together", "at most 30 min"),
    ("together: 2 min, at_most: 3", "low_tiers", "give both or neither"),
    ("together: 2 min, at_most: 0, within: 1 h", "at_most", "from 1 to 100"),
    ("at_most: 3, within: 1 h", "low_tiers", "wait for each other"),
]


@pytest.mark.parametrize(("written", "where", "said"), LOW)
def test_a_fault_in_how_low_pages_go_together_is_told_where_it_is(
    tmp_path: Path, written: str, where: str, said: str
) -> None:
    low = f"low_tiers: {{{written}}}\nquiet_hours:"
    test_a_fault_is_told_where_it_is(tmp_path, "quiet_hours:", low, where, said)


@pytest.mark.parametrize(("old", "new", "where", "said"), [*NAMES, *ADDRESSES, *STEPS, *COVERING])
def test_a_fault_is_told_where_it_is(tmp_path: Path, old: str, new: str, where: str, said: str) -> None:
    ((name, text),) = changed(old, new).items()
    found = complaints(put(tmp_path, {name: text}))
    line = next(number for number, line in enumerate(text.splitlines(), start=1) if where in line)
    at = f"{tmp_path.as_posix()}/{name}:{line}: "
    assert [one for one in found if one.startswith(at) and said in one and "; " in one], found


def test_a_route_behind_others_that_take_all_it_could_is_told(tmp_path: Path) -> None:
    late = """  - id: late
    wards: ["4"]
    tiers: [1]
    checks: [interaction]
    steps: [{tell: [rota:doctors]}, {unanswered: 5 min, tell: [person:boss]}]
    fallback: [role:nurse]
    acknowledged_for: 1 h
unmatched:
"""
    found = complaints(put(tmp_path, changed("unmatched:\n", late)))
    assert [
        "'late' takes nothing: routes before it, such as 'loud', take all of it" in one for one in found
    ] == [True]


def test_covers_name_people_of_the_rota_and_times_that_the_clock_shows(tmp_path: Path) -> None:
    covers = """    covers:
      - {begins: 2026-03-29 02:30, ends: 2026-03-29 06:00, persons: [d-1], instead_of: boss}
"""
    found = complaints(put(tmp_path, {"rotas.yaml": ROTAS + covers}))
    said = [one.partition("rotas.yaml:")[2] for one in found]
    assert [one.partition(": ")[2].partition(";")[0] for one in said] == [
        "'boss' is never on duty by this rota",
        "on that day the clock leaps over 02:30",
    ]
    assert {one.partition(":")[0] for one in said} == {"13"}


@pytest.mark.parametrize(
    ("hours", "names"),
    [
        ("ends: 2026-05-04 17:00", "persons: [d-1], instead_of: n-2"),
        ("ends: 2026-05-04 17:00", "persons: [n-1]"),
    ],
)
def test_a_cover_that_changes_nothing_is_a_slip(tmp_path: Path, hours: str, names: str) -> None:
    cover = f"    covers: [{{begins: 2026-05-04 08:00, {hours}, {names}}}]\n"
    files = changed("  - id: doctors\n", f"{cover}  - id: doctors\n")
    (only,) = complaints(put(tmp_path, files))
    assert "rotas.yaml:10: the cover changes nothing; name who is on duty then" in only


def test_a_cover_over_a_change_of_shifts_holds_for_its_part_of_it(tmp_path: Path) -> None:
    cover = (
        "    covers: [{begins: 2026-05-04 17:00, ends: 2026-05-04 19:00, persons: [d-1], instead_of: n-2}]\n"
    )
    nurses = policy(tmp_path, changed("  - id: doctors\n", f"{cover}  - id: doctors\n")).rotas["nurses"]
    hours = [shown(f"2026-05-04 {hour}:30") for hour in (17, 18, 19)]
    assert [nurses.on_duty(hour) for hour in hours] == [("n-1",), ("d-1",), ("n-2",)]


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//a rota program//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
SUMMARY:n-7
DTSTART:20260501T080000
DTEND:20260501T160000
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_is_a_layer_and_its_people_are_known_people(tmp_path: Path) -> None:
    rotas = ROTAS.replace("[d-1]}]}]", "[d-1]}]}, {calendar: doctors.ics}]")
    files = {"rotas.yaml": rotas, "doctors.ics": CALENDAR}
    (only,) = complaints(put(tmp_path, files))
    assert only.startswith(f"{tmp_path.as_posix()}/doctors.ics:7: unknown person 'n-7'")
    files["doctors.ics"] = CALENDAR.replace("n-7", "n-2")
    doctors = policy(tmp_path, files).rotas["doctors"]
    hours = [shown(f"2026-05-01 {hour}:59") for hour in ("07", "15", "16")]
    assert [doctors.on_duty(hour) for hour in hours] == [("d-1",), ("n-2",), ("d-1",)]


def test_a_calendar_that_is_missing_or_that_no_rota_has_is_told(tmp_path: Path) -> None:
    (unread,) = complaints(put(tmp_path, {"old.ics": CALENDAR}))
    assert "old.ics:1: no rota has this calendar" in unread
    (tmp_path / "old.ics").unlink()
    rotas = ROTAS.replace("[d-1]}]}]", "[d-1]}]}, {calendar: doctors.ics}]")
    (missing,) = complaints(put(tmp_path, {"rotas.yaml": rotas}))
    assert "rotas.yaml:11: there is no calendar 'doctors.ics'" in missing


def test_nothing_else_is_said_of_a_policy_with_one_fault(tmp_path: Path) -> None:
    assert len(complaints(put(tmp_path, changed("[n-2]}", "[n-9]}")))) == 1


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    files = {
        **changed("id: boss", "id: boss!"),
        **changed("zone: Europe/Berlin", "zone: Europe/Berlin\nsummer: true"),
        "notes.txt": "",
    }
    found = complaints(put(tmp_path, files))
    assert [line.split("/")[-1].split(":")[:2] for line in found] == [
        ["notes.txt", "1"],
        ["people.yaml", "5"],
        ["rotas.yaml", "2"],
    ]


def test_a_missing_file_a_broken_one_and_a_missing_directory_are_told(tmp_path: Path) -> None:
    (broken,) = complaints(put(tmp_path, {"people.yaml": "people: [{"}))
    assert "people.yaml:2: this is not YAML" in broken
    (tmp_path / "people.yaml").unlink()
    (missing,) = complaints(tmp_path)
    assert "people.yaml:1: the file is missing" in missing
    (nowhere,) = complaints(tmp_path / "nowhere")
    assert "nowhere:1: there is no such directory" in nowhere


def test_a_channel_that_is_not_set_up_is_told(tmp_path: Path) -> None:
    found = complaints(put(tmp_path, {}), frozenset({"webhook"}))
    assert [one.partition("people.yaml:")[2].partition(":")[0] for one in found] == ["2", "5"]
    assert all("the channel 'smtp' is not set up" in one for one in found)


def test_another_content_has_another_version(tmp_path: Path) -> None:
    before = policy(tmp_path).version
    assert before == state_of(tmp_path) == policy(tmp_path).version
    assert (
        policy(tmp_path, changed("5 min, tell: [person:boss]", "6 min, tell: [person:boss]")).version
        != before
    )


def test_tiers_beside_the_other_files_are_checked_with_them(tmp_path: Path) -> None:
    shipped = (EXAMPLE.parent / "tiers.yaml").read_text(encoding="utf-8")
    assert policy(tmp_path, {"tiers.yaml": shipped}).routes.wards
    (only,) = complaints(put(tmp_path, {"tiers.yaml": shipped.replace("minor: 4", "minor: 3")}))
    assert "tiers.yaml:1: minor must have tier 4" in only


def test_a_file_that_cannot_be_opened_is_told_like_any_fault(tmp_path: Path) -> None:
    put(tmp_path, {})
    (tmp_path / "rotas.yaml").unlink()
    (tmp_path / "rotas.yaml").symlink_to(tmp_path / "nowhere")
    (only,) = complaints(tmp_path)
    assert "rotas.yaml:1: it cannot be read: No such file or directory; " in only
    assert state_of(tmp_path).startswith("unreadable")
