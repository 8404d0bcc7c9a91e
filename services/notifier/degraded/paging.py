"""Tier 1 without the store: a finding that calls somebody is told at once, to the first step of its plan that
can be reached.

Nothing is escalated, grouped or taken back until the store returns; then every record is applied as ever, and
knows whom it was told.
"""

import asyncio
import logging
from collections.abc import Collection, Container, Mapping
from datetime import UTC, datetime, timedelta

from schemas.page_journal import DirectOutcome, JournaledPage
from services.notifier.channels import Channel, Outcome
from services.notifier.channels.address_book import AddressBook, next_channel
from services.notifier.channels.guard import Guard
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.known_before import Known
from services.notifier.degraded.waiting import LOUDEST, Called, Waiting
from services.notifier.findings.change import milliseconds
from services.notifier.policy.deciding import Policy, Subject
from services.notifier.policy.plan import Target
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.telling.messages import Message, MessageKind
from services.notifier.tiers import TierPolicy
from services.stream.records import Record

log = logging.getLogger(__name__)
_FIRST_STEP = "0"
_QUIET = timedelta(minutes=30)
_ARRIVED = {Outcome.DELIVERED: DirectOutcome.SENT, Outcome.SENT: DirectOutcome.SENT}


class _Logged:
    """Without the store there are no technical alerts; the guard has logged what it would tell."""

    async def report(self, name: str, text: str) -> None:
        """Logged by the guard."""

    async def settle(self, name: str, text: str) -> None:
        """Logged by the guard."""


class DirectPages:
    """Give it the records in order, then `send` what is due, again and again until the store is back.

    `begun`: deliveries that our own sender began by the store's word. The store may go before it says so to
    whoever reads; these are told as a repetition.
    """

    def __init__(
        self,
        journal: PageJournal,
        channels: Mapping[str, Channel],
        people: AddressBook,
        tiers: TierPolicy,
        policy: Policy,
        console: str,
        begun: Container[str] = (),
    ) -> None:
        self._journal = journal
        self._channels = channels
        self._guard = Guard(channels, _Logged())
        self._people = people
        self._policy = policy
        self._console = console
        self._begun = begun
        self._waiting = Waiting(tiers, policy)
        self._said_at: datetime | None = None

    @property
    def doubtful(self) -> bool:
        """Whether what was known before (`know`) decides if somebody is to be told."""
        return self._waiting.doubtful

    def know(self, known: Known) -> None:
        """What was told through the store is not told again; what it only listed is told once it pages."""
        self._waiting.know(known)

    def doubt(self, partitions: Collection[int], lost_at: datetime) -> None:
        """What another notifier had of these, and was due by then, is told as a repetition."""
        self._waiting.doubt(partitions, lost_at)

    def take(self, record: Record, now: datetime) -> None:
        """The next record of a partition; whatever is no finding of the loudest tier is left to the store."""
        self._waiting.take(record, now)

    async def send(self, now: datetime) -> None:
        """Tell what has held to its time; what reached nobody stays waiting."""
        due = self._waiting.due(now)
        reached = await asyncio.gather(*(self._tell(name, called, now) for name, called in due.items()))
        for (name, called), somebody in zip(due.items(), reached, strict=True):
            if somebody:
                self._waiting.told(name, called)

    async def say_that_the_store_is_away(self, now: datetime) -> None:
        """Tell those of the technical route, once within `_QUIET`; their page is in no history."""
        if self._said_at is not None and now - self._said_at < _QUIET:
            return
        self._said_at = now
        subject = Subject("", 2, "technical", True, SYSTEM_PATIENT)
        targets = self._policy.resolve(self._policy.plan(subject, now).steps[0].to, now)
        # Together: the loudest findings wait for this, so who hangs must not add up.
        await asyncio.gather(*(self._say_to(target, now) for target in targets))

    async def _say_to(self, target: Target, now: datetime) -> None:
        address = self._people.address(target.person, target.channel)
        if target.channel not in self._channels or address is None:
            return
        name = alert_id(SYSTEM_PATIENT, "technical-store-away")
        delivery = f"{name}:{milliseconds(now)}:1:{_FIRST_STEP}:{target}"
        attempt = await self._guard.send(target.channel, _about_the_store(name, delivery, now), address)
        if attempt.outcome not in _ARRIVED:
            log.error("that the store is away was not taken by %s: %s", target.channel, attempt.reason)

    def wards(self) -> dict[tuple[int, int], str]:
        """By partition and offset of the record that called: on which ward the patient of what waits is."""
        return self._waiting.wards()

    def forget(self) -> None:
        """The store is back: it tells what is left."""
        self._waiting.forget()

    async def _tell(self, name: str, called: Called, now: datetime) -> bool:
        """Whether somebody was reached for certain."""
        for step in called.steps:
            persons: dict[str, list[Target]] = {}
            for target in self._policy.resolve(step, now):
                persons.setdefault(target.person, []).append(target)
            # Together: who hangs must not keep the others from being told. One person's channels may stand
            # in for each other, so that they are tried one after the other.
            reached = await asyncio.gather(
                *(self._reach_by_all(name, called, targets) for targets in persons.values())
            )
            if any(reached):
                return True
        return False

    async def _reach_by_all(self, name: str, called: Called, targets: list[Target]) -> bool:
        """Tell one person by each of these channels."""
        return any([await self._reach(name, called, target) for target in targets])

    async def _reach(self, name: str, called: Called, target: Target) -> bool:
        """Tell one person, by their next channel where the first does not do."""
        if await self._attempt(name, called, target):
            return True
        following = next_channel(self._people, target, self._channels)
        return following is not None and await self._attempt(name, called, following)

    async def _attempt(self, name: str, called: Called, target: Target) -> bool:
        issue = called.issue
        delivery = f"{name}:{issue.episode}:{issue.revision}:{_FIRST_STEP}:{target}"
        known, repeat = self._journal.known(delivery), False
        if known is not None:
            # Without an answer it may have arrived, and may not: others are told as well.
            if known.outcome is not DirectOutcome.SENDING:
                return known.outcome is DirectOutcome.SENT
            repeat = True
        channel, address = (
            self._channels.get(target.channel),
            self._people.address(target.person, target.channel),
        )
        if channel is None or address is None or self._guard.wait_s(target.channel, address):
            return False
        page = JournaledPage(
            delivery=delivery,
            alert_id=name,
            episode=issue.episode,
            revision=issue.revision,
            step=_FIRST_STEP,
            target=str(target),
            partition=called.partition,
            offset=called.offset,
            ward=called.said.ward,
            outcome=DirectOutcome.SENDING,
            at=datetime.now(UTC),
        )
        await self._journal.note(page)
        repeated = repeat or called.maybe_told or delivery in self._begun
        message = self._message(name, called, delivery, repeated)
        attempt = await self._guard.send(target.channel, message, address)
        outcome = _ARRIVED.get(attempt.outcome)
        if outcome is None and attempt.outcome is Outcome.UNKNOWN:
            outcome = DirectOutcome.UNKNOWN
        if outcome is None:
            log.error("a direct page was not taken by %s: %s", target.channel, attempt.reason)
            if not repeat:
                await self._journal.drop(page)
            return False
        await self._journal.note(_with_outcome(page, outcome))
        return outcome is DirectOutcome.SENT

    def _message(self, name: str, called: Called, delivery: str, repeat: bool) -> Message:
        issue = called.said
        return Message(
            kind=MessageKind.REPEAT if repeat else MessageKind.PAGE,
            delivery=delivery,
            alert=name,
            episode=issue.episode,
            revision=issue.revision,
            tier=LOUDEST,
            ward=issue.ward,
            check=issue.check,
            at_ms=milliseconds(issue.at),
            link=f"{self._console.rstrip('/')}/alerts/{name}" if self._console else "",
            text=issue.text,
            because=issue.because,
            cause="",
        )


def _about_the_store(name: str, delivery: str, now: datetime) -> Message:
    return Message(
        kind=MessageKind.PAGE,
        delivery=delivery,
        alert=name,
        episode=1,
        revision=1,
        tier=2,
        ward="",
        check="technical",
        at_ms=milliseconds(now),
        link="",
        text="The store of the alerts is away. Only findings of tier 1 are told, and nothing is escalated",
        because="the store does not answer",
        cause="",
    )


def _with_outcome(page: JournaledPage, outcome: DirectOutcome) -> JournaledPage:
    """The page with what is known of it now."""
    return page.model_copy(update={"outcome": outcome, "at": datetime.now(UTC)})
