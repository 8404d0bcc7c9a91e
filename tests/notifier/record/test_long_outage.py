"""A channel is out for long: what was never tried is not given up, least of all a withdrawal."""

import pytest

from schemas.issues import Transition
from services.notifier.channels import Attempt, Outcome, breaker
from services.notifier.telling.retrying import RetryPolicy
from tests.notifier.builders import finding
from tests.notifier.desk import Desk
from tests.notifier.sending import sending
from tests.notifier.telling.test_sender import Scripted

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]

_ALERTS = 40
_PROBES = 25
_TRIES = RetryPolicy(attempts=8, first_s=0.01, longest_s=0.02)


async def test_waiting_for_the_probe_of_another_is_no_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "FIRST_S", 0.05)
    monkeypatch.setattr(breaker, "LONGEST_S", 0.05)
    monkeypatch.setattr(breaker, "_PROBE_S", 0.01)
    for number in range(_ALERTS):
        await desk.hear(finding(issue_id=f"issue-{number}"))
    await desk.tell("webhook")
    for number in range(_ALERTS):
        await desk.hear(finding(Transition.WITHDRAWN, 2, issue_id=f"issue-{number}"))
    webhook = Scripted("webhook", [Attempt(Outcome.AGAIN, "HTTP 503")] * (breaker.FAILURES + _PROBES))
    async with sending(desk, webhook, Scripted("terminal"), retry=_TRIES) as work:
        await webhook.sent_times(breaker.FAILURES + _PROBES + _ALERTS)
    assert "channel-webhook" not in work.alarms
    assert len({message.alert for message in webhook.sent[breaker.FAILURES + _PROBES :]}) == _ALERTS
