"""What a sender tells, and writes down of an attempt: of one order, or of several that go together."""

from collections.abc import Iterator, Sequence

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.fallback import Following
from services.notifier.telling.lanes import Errand
from services.notifier.telling.lease import Lease
from services.notifier.telling.messages import Message, MessageKind, message_of, message_together
from services.notifier.telling.orders import Order
from services.notifier.together.bundling import delivery_together

Leased = Sequence[tuple[Order, Lease]]
TOLD = frozenset((Outcome.DELIVERED, Outcome.SENT))


def message_for(errand: Errand, leased: Leased, console: str) -> Message:
    """The message about what still stands of an errand. What is left alone of several goes as a page of its
    own.
    """
    order, lease = leased[0]
    if len(leased) == 1:
        return message_of(lease.alert, _kind(lease), order.delivery, console)
    maybe_told = any(each.maybe_told for _, each in leased)
    orders = [each for each, _ in leased]
    return message_together(
        [each.alert for _, each in leased],
        MessageKind.REPEAT if maybe_told else MessageKind.PAGE,
        delivery_together(orders),
        console,
        errand.bundle.held_back_of(orders) if errand.bundle is not None else 0,
    )


def receipts_of(attempt: Attempt, following: Following) -> Iterator[str]:
    """The receipts to write after an attempt, in order."""
    if attempt.outcome in TOLD:
        yield attempt.outcome.value
        return
    if attempt.outcome is Outcome.UNKNOWN:
        yield "unknown"
    if following.again_s is None:
        yield "failed"
    elif attempt.outcome is Outcome.AGAIN:
        yield "queued"


def _kind(lease: Lease) -> MessageKind:
    if lease.kind != MessageKind.PAGE:
        return MessageKind(lease.kind)
    return MessageKind.REPEAT if lease.maybe_told else MessageKind.PAGE
