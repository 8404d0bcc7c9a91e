"""One sender at a time holds a delivery; what became of it is written once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis.exceptions import ResponseError

from services.notifier.alerts import Alert, alert_of
from services.notifier.policy.plan import Target
from services.notifier.store.connection import Connection, is_refusal
from services.notifier.store.damage import UNREADABLE
from services.notifier.store.identifiers import key
from services.notifier.store.reading import DamagedAlert
from services.notifier.telling.orders import Order

_MOST_REMEMBERED = 10_000
_LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to make attempt `number` (from 1) now. `maybe_told`: an earlier attempt may have arrived."""

    kind: str
    number: int
    maybe_told: bool
    alert: Alert


class Deliveries:
    """Leases and receipts of one sender, named `holder`.

    `noted` hears channel and outcome of each receipt. `begun` has the last deliveries that were leased.
    """

    def __init__(
        self, connection: Connection, holder: str, noted: Callable[[str, str], None] = lambda *_: None
    ) -> None:
        self._connection = connection
        self._holder = holder
        self._noted = noted
        self.begun: dict[str, None] = {}

    async def lease(self, order: Order, lease_s: float) -> Lease | None:
        """The lease, with the alert as it stands now.

        None when the order is done, dropped or held by another. Raises `DamagedAlert`, as all here does.
        """
        lease, _ = await self.ask(order, lease_s)
        return lease

    async def ask(self, order: Order, lease_s: float) -> tuple[Lease | None, bool]:
        """As `lease`; also whether another sender holds it, so that it is not over."""
        args: list[str | int] = [order.delivery, self._holder, round(lease_s * 1000), order.entry]
        answer = await self._call("lease", order, args)
        if answer[0] != "go":
            return None, answer[0] == "busy"
        try:
            lease = _lease_of(answer)
        except UNREADABLE as error:
            # Nobody is told by it: whoever takes it next repeats nothing.
            await self.receipt(order, "queued", "the alert cannot be read")
            raise DamagedAlert(order.alert) from error
        self._remember(order.delivery)
        return lease, False

    async def _call(self, name: str, order: Order, args: list[str | int]) -> Any:
        try:
            return await self._connection.call(name, [key(order.tag, "out")], args)
        except ResponseError as error:
            if not is_refusal(error):
                raise
            raise DamagedAlert(f"{order.alert}: {error}") from error

    def _remember(self, delivery: str) -> None:
        self.begun[delivery] = None
        if len(self.begun) > _MOST_REMEMBERED:
            del self.begun[next(iter(self.begun))]

    async def receipt(self, order: Order, state: str, reason: str, within: str = "") -> str:
        """Write what became of an attempt: queued (again), sent, delivered, failed or unknown.

        `within`: the delivery that told it together with others.
        """
        args: list[str | int] = [order.delivery, state, reason[:_LONGEST_REASON], order.entry, within]
        answer = str(await self._call("receipt", order, args))
        self._noted(order.target.channel, state)
        return answer

    async def fall_back(self, order: Order, target: Target | None, because: str) -> str:
        """A channel does not do in time: order the same telling by `target`, the person's next one.

        Where there is none, and nobody else of the step is reached, the next step is told at once. Nothing
        happens when the telling no longer stands.
        """
        args: list[str | int] = [order.delivery, str(target or ""), because[:_LONGEST_REASON]]
        return str(await self._call("fall_back", order, args))


def _lease_of(answer: Sequence[Any]) -> Lease:
    _, kind, alert, episode, number, ambiguous, flat = answer
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    return Lease(kind, int(number), ambiguous == "1", alert_of(alert, int(episode), fields))
