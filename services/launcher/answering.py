"""Acknowledges in the demonstration what a person would: through the same call as `dosewarden alerts ack`."""

import uuid
from collections.abc import Sequence

from schemas.alerts import ActionKind, AlertAction
from services.launcher.alert_words import Happening, Step
from services.launcher.ward_day.expected import Expected, Seen
from services.notifier.store.alert_store import AlertStore

ACTOR = "demo"
NOTE = "prescriber called, patient watched"


class Answering:
    """Answers each delivery after which an acknowledgement is expected."""

    def __init__(self, store: AlertStore, expectations: Sequence[Expected]) -> None:
        self._store = store
        self._expectations = expectations

    async def answer(self, happening: Happening, seen: Seen) -> bool:
        """Acknowledge the alert if it is to be; whether it was."""
        wanted = [each for each in self._expectations if seen.meets(each)]
        taken = len(seen.steps)
        due = any(taken < len(each.steps) and each.steps[taken] is Step.ACKNOWLEDGED for each in wanted)
        if happening.step is not Step.DELIVERED or not due:
            return False
        alert = happening.alert
        answer = await self._store.act(
            AlertAction(
                key=uuid.uuid4().hex,
                alert_id=alert.id,
                action=ActionKind.ACKNOWLEDGE,
                revision=alert.revision,
                episode=alert.episode,
                actor=ACTOR,
                note=NOTE,
            )
        )
        return answer.result == "done"
