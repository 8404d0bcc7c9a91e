"""What may happen to an alert, as one table.

`MOVES` is the only place where a move is allowed. The store's functions carry the same table (library.py
writes it into them), and the docs quote it. A move that is not here raises `IllegalMove` and changes
nothing.

Who decides what: the engine says what is worse, eased, resolved, withdrawn or moved with a merged record
(the notifier compares no doses); the channels say what was told; a person says what is acknowledged. A person
cannot resolve an issue that holds.
"""

from enum import StrEnum

from schemas.alerts import AlertState

UNSEEN = "unseen"
"""Where an episode begins: nothing is known of it yet."""


class Event(StrEnum):
    """What moves an alert. The words are those of the audit trail.

    Returned: worse than just before, and no worse than what the episode's last page said.
    """

    RAISED = "raised"
    WORSENED = "worsened"
    EASED = "eased"
    RETURNED = "returned"
    REPLACED = "replaced"
    REOPENED = "reopened"
    PAGED = "paged"
    TOLD = "told"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"


LIVE = frozenset((AlertState.OPEN, AlertState.NOTIFIED, AlertState.ACKNOWLEDGED))
"""The states in which the issue still holds; in the others the episode is over."""

_OPEN, _NOTIFIED, _ACKNOWLEDGED = AlertState.OPEN, AlertState.NOTIFIED, AlertState.ACKNOWLEDGED
_RESOLVED, _WITHDRAWN, _MOVED = AlertState.RESOLVED, AlertState.WITHDRAWN, AlertState.MOVED

MOVES: dict[str, dict[Event, AlertState]] = {
    UNSEEN: {
        Event.RAISED: _OPEN,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _OPEN: {
        Event.WORSENED: _OPEN,
        Event.EASED: _OPEN,
        Event.RETURNED: _OPEN,
        Event.REPLACED: _OPEN,
        Event.PAGED: _OPEN,
        Event.TOLD: _NOTIFIED,
        Event.ACKNOWLEDGED: _ACKNOWLEDGED,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _NOTIFIED: {
        Event.WORSENED: _OPEN,
        Event.EASED: _NOTIFIED,
        Event.RETURNED: _NOTIFIED,
        Event.REPLACED: _NOTIFIED,
        Event.TOLD: _NOTIFIED,
        Event.ACKNOWLEDGED: _ACKNOWLEDGED,
        Event.RESOLVED: _RESOLVED,
        Event.WITHDRAWN: _WITHDRAWN,
        Event.MOVED: _MOVED,
    },
    _ACKNOWLEDGED: {
        Event.WORSENED: _OPEN,
        Event.EASED: _ACKNOWLEDGED,
        Event.RETURNED: _ACKNOWLEDGED,
        Event.REPLACED: _ACKNOWLEDGED,
        Event.TOLD: _ACKNOWLEDGED,
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
