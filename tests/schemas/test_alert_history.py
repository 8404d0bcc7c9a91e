"""Entries of older releases stay readable."""

from schemas.alerts import AlertHistoryEntry


def test_an_entry_of_a_release_without_rule_and_chain_is_read() -> None:
    entry = AlertHistoryEntry.model_validate_json(
        b'{"kind":"alert-history","alert_id":"03-a","patient":"p","sequence":1,"episode":1,"revision":1,'
        b'"event":"raised","state":"open","severity":"major","at":"2130-05-04T08:00:00Z","actor":"",'
        b'"note":"","because":"by a dose","transition_id":"t"}'
    )
    assert (entry.check, entry.tier, entry.chain, entry.hash) == ("", 0, "", "")
