"""What may happen to an alert, as one table.

`MOVES` is the only place where a move is allowed. The store's functions carry the same table (library.py
writes it into them), and the docs quote it. A move that is not here raises `IllegalMove` and changes
nothing.

Who decides what: the engine says what is worse, eased, resolved, withdrawn or moved with a merged record
(the notifier compares no doses); the channels say what was told; a person says what is acknowledged, declined
or overridden; time ends what a person promised. A person cannot resolve an issue that holds.
"""

from enum import StrEnum

from schemas.alerts import AlertState

UNSEEN = "unseen"
"""Where an episode begins: nothing is known of it yet."""


class Event(StrEnum):
    """What moves an alert. The words are those of the audit trail.

    Returned: worse than just before, and no worse than what the episode's last page said. Transferred: the
    patient was moved, and nothing else is new. Held back: begun under an override for this patient. Renewed:
    acknowledged again by whoever holds it. Acknowledged in part: by one of several who each must.
    """

    RAISED = "raised"
    WORSENED = "worsened"
    EASED = "eased"
    RETURNED = "returned"
    REPLACED = "replaced"
    TRANSFERRED = "transferred"
    REOPENED = "reopened"
    HELD_BACK = "held-back"
    PAGED = "paged"
    ESCALATED = "escalated"
    TOLD = "told"
    ACKNOWLEDGED = "acknowledged"
    ACKNOWLEDGED_IN_PART = "acknowledged-in-part"
    RENEWED = "renewed"
    HANDED_OVER = "handed-over"
    ACCEPTED = "accepted"
    OFFER_DECLINED = "offer-declined"
    UNACKNOWLEDGED = "unacknowledged"
    DECLINED = "declined"
    LEASE_ENDED = "lease-ended"
    OVERRIDDEN = "overridden"
    MONITORED = "monitored"
    NOT_MONITORED = "not-monitored"
    OVERRIDE_ENDED = "override-ended"
    EXPIRED = "expired"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"


_OPEN, _NOTIFIED, _ACKNOWLEDGED = AlertState.OPEN, AlertState.NOTIFIED, AlertState.ACKNOWLEDGED
_OVERRIDDEN, _EXPIRED = AlertState.OVERRIDDEN, AlertState.EXPIRED
_RESOLVED, _WITHDRAWN, _MOVED = AlertState.RESOLVED, AlertState.WITHDRAWN, AlertState.MOVED

MOVES: dict[str, dict[Event, AlertState]] = {
    UNSEEN: {
        Event.RAISED: _OPEN,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
        Event.HELD_BACK: _OVERRIDDEN,
    },
    _OPEN: {
        Event.WORSENED: _OPEN,
        Event.EASED: _OPEN,
        Event.RETURNED: _OPEN,
        Event.REPLACED: _OPEN,
        Event.TRANSFERRED: _OPEN,
        Event.PAGED: _OPEN,
        Event.ESCALATED: _OPEN,
        Event.TOLD: _NOTIFIED,
        Event.ACKNOWLEDGED: _ACKNOWLEDGED,
        Event.ACKNOWLEDGED_IN_PART: _OPEN,
        Event.DECLINED: _OPEN,
        Event.OVERRIDDEN: _OVERRIDDEN,
        Event.EXPIRED: _EXPIRED,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _NOTIFIED: {
        Event.WORSENED: _OPEN,
        Event.EASED: _NOTIFIED,
        Event.RETURNED: _NOTIFIED,
        Event.REPLACED: _NOTIFIED,
        Event.TRANSFERRED: _NOTIFIED,
        Event.ESCALATED: _NOTIFIED,
        Event.TOLD: _NOTIFIED,
        Event.ACKNOWLEDGED: _ACKNOWLEDGED,
        Event.ACKNOWLEDGED_IN_PART: _NOTIFIED,
        Event.DECLINED: _OPEN,
        Event.OVERRIDDEN: _OVERRIDDEN,
        Event.EXPIRED: _EXPIRED,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _ACKNOWLEDGED: {
        Event.WORSENED: _OPEN,
        Event.EASED: _ACKNOWLEDGED,
        Event.RETURNED: _ACKNOWLEDGED,
        Event.REPLACED: _ACKNOWLEDGED,
        Event.TRANSFERRED: _ACKNOWLEDGED,
        Event.TOLD: _ACKNOWLEDGED,
        Event.RENEWED: _ACKNOWLEDGED,
        Event.HANDED_OVER: _ACKNOWLEDGED,
        Event.ACCEPTED: _ACKNOWLEDGED,
        Event.OFFER_DECLINED: _ACKNOWLEDGED,
        Event.UNACKNOWLEDGED: _OPEN,
        Event.LEASE_ENDED: _OPEN,
        Event.OVERRIDDEN: _OVERRIDDEN,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _OVERRIDDEN: {
        Event.WORSENED: _OPEN,
        Event.EASED: _OVERRIDDEN,
        Event.RETURNED: _OVERRIDDEN,
        Event.REPLACED: _OVERRIDDEN,
        Event.TRANSFERRED: _OVERRIDDEN,
        Event.TOLD: _OVERRIDDEN,
        Event.OVERRIDDEN: _OVERRIDDEN,
        Event.MONITORED: _OVERRIDDEN,
        Event.UNACKNOWLEDGED: _OPEN,
        Event.NOT_MONITORED: _OPEN,
        Event.OVERRIDE_ENDED: _OPEN,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _EXPIRED: {
        Event.WORSENED: _OPEN,
        Event.EASED: _EXPIRED,
        Event.RETURNED: _EXPIRED,
        Event.REPLACED: _EXPIRED,
        Event.TRANSFERRED: _EXPIRED,
        Event.TOLD: _EXPIRED,
        Event.ACKNOWLEDGED: _ACKNOWLEDGED,
        Event.OVERRIDDEN: _OVERRIDDEN,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _RESOLVED: {
        Event.REOPENED: _OPEN,
        Event.TOLD: _RESOLVED,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _WITHDRAWN: {
        Event.REOPENED: _OPEN,
        Event.TOLD: _WITHDRAWN,
        Event.RESOLVED: _WITHDRAWN,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _WITHDRAWN,
    },
    _MOVED: {
        Event.REOPENED: _OPEN,
        Event.TOLD: _MOVED,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
}
"""From state, by event, to state. A closed episode opens again only when its very closing was replaced."""


LIVE = frozenset((_OPEN, _NOTIFIED, _ACKNOWLEDGED, _OVERRIDDEN, _EXPIRED))
"""The states in which the issue still holds, and is listed; in the others the episode is over."""

WATCHED = LIVE - {_EXPIRED}
"""The states in which somebody is still to be told of it, or holds it for a time: each has one timer."""


class IllegalMove(Exception):
    """The table holds no such move. `state` and `event` say which; nothing was changed."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"an alert that is {state} cannot be {event}")
        self.state = state
        self.event = event


def move(state: str, event: Event) -> AlertState:
    """The state after `event`. Raises `IllegalMove`."""
    try:
        return MOVES[state][event]
    except KeyError:
        raise IllegalMove(str(state), event.value) from None
