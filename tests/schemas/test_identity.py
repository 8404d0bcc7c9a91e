"""Ids mean something, repeat themselves, and disclose nothing without the site's key."""

from schemas.identity import SiteKey, transition_id

KEY = SiteKey(b"a key of this test's own")


def test_the_same_patient_has_the_same_key_and_another_site_another() -> None:
    assert KEY.patient_key("4711") == KEY.patient_key("4711")
    assert KEY.patient_key("4711") != KEY.patient_key("4712")
    assert KEY.patient_key("4711") != SiteKey(b"another site's key").patient_key("4711")


def test_parts_of_an_id_cannot_run_into_each_other() -> None:
    assert KEY.issue_id("p", "ab", "c") != KEY.issue_id("p", "a", "bc")


def test_a_patient_key_is_no_issue_id() -> None:
    assert KEY.patient_key("x") != KEY.issue_id("x", "", "")


def test_a_redelivered_cause_repeats_its_transition_id_and_any_difference_changes_it() -> None:
    parts = ("issue", 1, 2, "raised", "event-9", "7-abc")
    assert transition_id(*parts) == transition_id(*parts)
    assert len({transition_id(*parts), transition_id("issue", 2, 2, "raised", "event-9", "7-abc"),
                transition_id("issue", 1, 3, "raised", "event-9", "7-abc"),
                transition_id("issue", 1, 2, "eased", "event-9", "7-abc"),
                transition_id("issue", 1, 2, "raised", "event-10", "7-abc"),
                transition_id("issue", 1, 2, "raised", "event-9", "8-abc")}) == 6  # fmt: skip


def test_the_key_is_not_shown() -> None:
    assert "test" not in repr(KEY)
