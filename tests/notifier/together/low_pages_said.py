"""What tests of pages that go together say of low findings, of those who are told, and of what waits."""

from datetime import timedelta

from schemas.alerts import AlertState
from schemas.base import Severity
from schemas.issues import DetectedIssue
from services.notifier.alerts import Alert
from services.notifier.together.postbox import Postbox
from tests.notifier.builders import PATIENT, finding
from tests.notifier.desk import Desk
from tests.notifier.duty import until

OTHER = "c0ffee00a9e84763b8d2c1f0a9e84763"
SHORT = timedelta(milliseconds=400)
LONG = timedelta(minutes=30)


def low(issue: str, patient: str = PATIENT, **changes: object) -> DetectedIssue:
    """A moderate finding, which is of tier 3."""
    stated = {"severity": Severity.MODERATE, "issue_id": issue, "patient": patient, **changes}
    return finding(**stated)  # type: ignore[arg-type]


async def notified(desk: Desk, *issues: str, patient: str = PATIENT) -> list[Alert]:
    for issue in issues:
        await until(desk, lambda alert: alert.state is AlertState.NOTIFIED, issue)
    return [await desk.alert(issue, patient) for issue in issues]


async def waits(desk: Desk) -> list[tuple[str, str]]:
    """Where something waits, and for whom."""
    found = await Postbox(desk.store.connection, "who looks").everything()
    return sorted((each.place.value, str(each.order.target)) for each in found)


class PagerOrPhone:
    """The nurse has a pager, and a phone where that does not do."""

    def channels(self, person: str) -> tuple[str, ...]:
        return ("pager", "phone")

    def address(self, person: str, channel: str) -> str | None:
        return ""
