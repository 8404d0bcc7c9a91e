"""What senders and channels do, done to a real store and to the pure model."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.notifier.model.sending import fell_back, leased, received
from services.notifier.policy.plan import Target
from services.notifier.telling.orders import Order
from tests.notifier.desk import ALERT
from tests.notifier.drawn_histories import NEXT, receipts
from tests.notifier.store_beside_model import TAG, StoreBesideModel


class SendersBesideModel(StoreBesideModel):
    """Orders are asked for, carried out, answered, and passed on to the next channel."""

    def order_of(self, delivery: str) -> Order:
        waiting: list[Order] = self.run(self.desk.orders())
        for order in waiting:
            if order.delivery == f"{ALERT}:{delivery}":
                return order
        return Order(TAG, "", f"{ALERT}:{delivery}", Target.parse(delivery.rsplit(":", 1)[1]))

    @precondition(lambda self: self.model.deliveries)
    @rule(data=st.data())
    def sender_asks(self, data: st.DataObject) -> None:
        self._asks(data.draw(st.sampled_from(sorted(self.model.deliveries))))

    def one_sender_asks(self) -> None:
        """For the first delivery that waits."""
        self._asks(min(name for name, state in self.model.deliveries.items() if state == "queued"))

    def _asks(self, delivery: str) -> None:
        after, expected = leased(self.model, delivery)
        self.became(after)
        lease = self.run(self.desk.lease(self.order_of(delivery)))
        assert (lease is not None) == (expected == "go")

    @precondition(lambda self: self.model.deliveries)
    @rule(data=st.data())
    def sender_dies_and_another_asks(self, data: st.DataObject) -> None:
        delivery = data.draw(st.sampled_from(sorted(self.model.deliveries)))
        after, expected = leased(self.model, delivery)
        lease = self.run(self.desk.die_with(self.order_of(delivery)))
        assert (lease is not None) == (expected == "go")
        if lease is not None:
            after, expected = leased(after, delivery, now=self.now, died=True)
            lease = self.run(self.desk.lease(self.order_of(delivery)))
            assert (lease is not None) == (expected == "go")
        self.became(after)

    @precondition(lambda self: "queued" in self.model.deliveries.values())
    @rule(status=receipts)
    def sender_tells_what_waits(self, status: str) -> None:
        for delivery in sorted(name for name, state in self.model.deliveries.items() if state == "queued"):
            order = self.order_of(delivery)
            after, answer = leased(self.model, delivery)
            self.became(after)
            self.run(self.desk.lease(order))
            if answer == "go":
                self.became(received(self.model, delivery, status, self.now))
                self.run(self.desk.receipt(order, status))

    @precondition(lambda self: "leased" in self.model.deliveries.values())
    @rule(data=st.data(), status=receipts)
    def channel_answers(self, data: st.DataObject, status: str) -> None:
        held = sorted(
            name for name, state in self.model.deliveries.items() if state in ("leased", "sent", "unknown")
        )
        delivery = data.draw(st.sampled_from(held))
        self.became(received(self.model, delivery, status, self.now))
        self.run(self.desk.receipt(self.order_of(delivery), status))

    @precondition(lambda self: self.model.deliveries)
    @rule(data=st.data(), following=st.sampled_from(NEXT), repeat=st.booleans())
    def channel_is_out(self, data: st.DataObject, following: Target | None, repeat: bool) -> None:
        delivery = data.draw(st.sampled_from(sorted(self.model.deliveries)))
        self.became(fell_back(self.model, delivery, str(following or ""), self.now))
        for _ in range(1 + repeat):
            self.run(self.desk.fall_back(self.order_of(delivery), following))
