"""What a sender tells, and writes down of an attempt: of one order, or of several that go together."""

from collections.abc import Iterator, Sequence

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.fallback import Following
from services.notifier.telling.lanes import Errand
from services.notifier.telling.lease import Lease
from services.notifier.telling.messages import Message, MessageKind, message_of, message_together
from services.notifier.telling.orders import Order
from services.notifier.together.bundling import delivery_of

Leased = Sequence[tuple[Order, Lease]]
TOLD = frozenset((Outcome.DELIVERED, Outcome.SENT))


def message_for(errand: Errand, leased: Leased, elsewhere: bool, console: str) -> Message:
    """The message about what still stands of an errand, under the id that all of it had.

    `elsewhere`: another sender has the rest, and may tell that; under the same id one would be taken for a
    repetition of the other.
    """
    _, lease = leased[0]
    orders = [each for each, _ in leased]
    bundle = errand.bundle
    delivery = bundle.delivery if bundle is not None and not elsewhere else delivery_of(orders)
    if len(leased) == 1:
        return message_of(lease.alert, _kind(lease), delivery, console)
    maybe_told = any(each.maybe_told for _, each in leased)
    return message_together(
        [each.alert for _, each in leased],
        MessageKind.REPEAT if maybe_told else MessageKind.PAGE,
        delivery,
        console,
        bundle.held_back_of(orders) if bundle is not None else 0,
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
