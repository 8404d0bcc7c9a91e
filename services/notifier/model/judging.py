"""What a record means for an alert: an event, or the reason why it changes nothing."""

from services.notifier.model.episode import Episode, Finding
from services.notifier.store.lifecycle import Event

Judgement = Event | str


def judged(known: Episode | None, episode: int, finding: Finding, now: int) -> Judgement:
    """The event that a finding is for what is known of the newest `episode`, or why it changes nothing."""
    if finding.episode < episode:
        return "older"
    if known is None or finding.episode > episode:
        if _is_held_back(known, finding, now):
            return Event.HELD_BACK
        return Event.RAISED if finding.open else finding.closing
    if finding.revision < known.revision:
        return "older"
    if finding.revision == known.revision:
        return _replacement(known, finding)
    if not finding.open:
        return finding.closing
    if finding.revision != known.revision + 1:
        return Event.WORSENED
    if finding.transition == "eased":
        return Event.EASED
    by_dose = known.override is not None and known.override.scope == "dose"
    return Event.RETURNED if _told_before(known, finding) and not by_dose else Event.WORSENED


def _is_held_back(known: Episode | None, finding: Finding, now: int) -> bool:
    """Whether a new episode begins under an override that somebody made for this patient."""
    if known is None or known.override is None or not finding.open:
        return False
    if known.override.scope != "patient" or known.override.until <= now or finding.tier < known.tier:
        return False
    return known.state in ("overridden", "resolved")


def _told_before(known: Episode, finding: Finding) -> bool:
    """Whether the last page said as much, and whoever acknowledged or overrode it since had seen that page.

    A page that waited until the finding had eased said less; one that still waits will say what holds.
    """
    if finding.transition != "worsened" or not finding.told_before:
        return False
    held = known.state in ("acknowledged", "overridden")
    seen = not held or known.acked_revision == finding.told_before
    return known.paged <= known.due_revision == finding.told_before and seen


def _is_elsewhere(known: Episode, finding: Finding) -> bool:
    """Whether nothing is new about a finding that holds but where its patient is."""
    holds = finding.open and known.live
    return holds and finding.ward not in ("", known.ward) and finding.at >= known.ward_at


def _replacement(known: Episode, finding: Finding) -> Judgement:
    republished = finding.transition == "republished"
    goes_live = republished and known.quiet == "backfill" and finding.quiet != "backfill"
    if not goes_live and republished and _is_elsewhere(known, finding):
        return Event.TRANSFERRED
    if not goes_live and (republished or finding.transition_id == known.transition_id):
        return "repeated"
    if not finding.open:
        return finding.closing
    if not known.live:
        return Event.REOPENED
    return Event.WORSENED if finding.tier < known.tier else Event.REPLACED
