"""The limit counts pages of a person, not the channels by which they come."""

from datetime import timedelta

from services.notifier.findings.change import milliseconds
from services.notifier.policy.deciding import Subject
from services.notifier.policy.plan import Target
from services.notifier.policy.throttling import Throttle
from services.notifier.telling.orders import Order
from services.notifier.together.bundling import Bundle, Waiting
from services.notifier.together.limiting import Limit
from tests.notifier.builders import after

NOW = milliseconds(after())
ONE_AN_HOUR = Throttle(1, timedelta(hours=1))


def page(alert: str, channel: str, *, counted: bool = False) -> Bundle:
    target = Target("nurse-7", channel)
    order = Order("00", "1-0", f"{alert}:1:1:0:{target}", target, 3)
    subject = Subject("3", 3, "interaction", technical=False, patient="ada")
    return Bundle((Waiting(order, subject, NOW, counted=counted),))


def test_what_goes_by_two_channels_counts_once() -> None:
    limit = Limit(ONE_AN_HOUR, (), NOW)
    assert [limit.of(page("one", channel)) for channel in ("pager", "mail")] == [None, None]
    assert limit.told_ms == (NOW,)
    later = milliseconds(after(hours=1))
    assert [limit.of(page("two", channel)) for channel in ("pager", "mail")] == [later, later]


def test_a_channel_that_helps_another_is_not_held_back_and_counts_nothing() -> None:
    limit = Limit(ONE_AN_HOUR, (NOW,), NOW)
    assert limit.of(page("one", "mail", counted=True)) is None
    assert limit.told_ms == (NOW,)


def test_without_a_limit_everything_goes_and_nothing_is_remembered() -> None:
    limit = Limit(None, (NOW,), NOW)
    assert limit.of(page("one", "mail")) is None
    assert limit.told_ms == ()
