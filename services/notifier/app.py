"""Puts the notifier together and runs it until it is told to stop."""

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Mapping

from aiokafka import AIOKafkaProducer

from services.notifier.channels import Channel
from services.notifier.channels.address_book import Desk
from services.notifier.channels.assembly import channels_of
from services.notifier.channels.posting import Posting
from services.notifier.degraded.journal import PageJournal
from services.notifier.degraded.outage import Outage
from services.notifier.degraded.paging import DirectPages
from services.notifier.findings.consumer import IssueConsumer
from services.notifier.findings.partitions import Partitions
from services.notifier.findings.pipeline import Pipeline
from services.notifier.leaving import leave
from services.notifier.metrics.counters import Counters
from services.notifier.metrics.serving import StoreObserver, served
from services.notifier.policy.deciding import Policy
from services.notifier.policy.default import DeskPolicy
from services.notifier.policy.in_force import PolicyInForce
from services.notifier.record.reconciling import Comparison, Reconciler
from services.notifier.record.relay import Relay
from services.notifier.settings import Settings
from services.notifier.silencing.book import SilencedPolicy
from services.notifier.silencing.keeping import Silences
from services.notifier.stopping import Stop, goodbye, see_end
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection
from services.notifier.store.powers import Powers, listed
from services.notifier.store.reading import AlertReader
from services.notifier.telling.lease import Deliveries
from services.notifier.telling.orders import OrderStream
from services.notifier.telling.sender import Sender, SendingRules
from services.notifier.tiers import load_tiers
from services.notifier.timers.due import DueAlerts
from services.notifier.timers.timers import Timers
from services.notifier.together.gathering import Gatherer
from services.notifier.together.postbox import Postbox
from services.notifier.watching.clock_watch import ClockWatch
from services.notifier.watching.duty_summaries import DutySummaries
from services.notifier.watching.heartbeats import HeartbeatWatch
from services.notifier.watching.housekeeping import run_housekeeping
from services.notifier.watching.kafka_watch import ANSWER_LIMIT_MS, FINDINGS, HISTORY, KafkaWatch
from services.notifier.watching.outside import OutsideWatch, Wellbeing
from services.notifier.watching.policy_watch import PolicyWatch
from services.notifier.watching.rejection import Rejecter
from services.notifier.watching.rejection_counts import Counts
from services.notifier.watching.rejections import RejectionWatch
from services.notifier.watching.room import RoomWatch
from services.notifier.watching.silence import SilenceWatch
from services.notifier.watching.source_clocks import SourceClockWatch
from services.notifier.watching.technical import TechnicalAlerts
from services.transit.kafka import aiokafka_client

log = logging.getLogger(__name__)
_PATIENCE_AT_THE_END_S = 5.0


def policy_of(settings: Settings, channels: tuple[str, ...]) -> Policy:
    """The site's policy; without one, everything goes to the desk. Raises `BadPolicy`."""
    if settings.policies is None:
        return DeskPolicy(channels)
    return PolicyInForce(settings.policies, frozenset(channels))


class Notifier:
    """All parts of one notifier process. `channels` and `policy` may be given by whoever embeds it.

    Raises `BadPolicy` where the site's policy has faults.
    """

    consumer = IssueConsumer

    def __init__(
        self,
        settings: Settings,
        channels: Mapping[str, Channel] | None = None,
        policy: Policy | None = None,
    ) -> None:
        self._settings = settings
        # All goes by the store's clock: a machine whose own is wrong is still believed by receivers.
        self._channels = (
            dict(channels)
            if channels is not None
            else channels_of(settings.channels, settings.ways, sys.stdout, self._present_s)
        )
        self._policy = policy or policy_of(settings, tuple(self._channels))
        self._watched: PolicyWatch | None = None
        self._stop = Stop()
        self.connection = Connection(settings.redis)
        self.store = AlertStore(self.connection)
        self.reading = Connection(settings.redis, patience_s=settings.store_patience_s, connections=8)
        self.read_store = AlertStore(self.reading)
        self.outage: Outage | None = None
        self.reader = AlertReader(self.connection)
        self.partitions = Partitions()
        self.counters = Counters()
        self.wellbeing = Wellbeing(time.monotonic)

    def _present_s(self) -> float:
        return self.read_store.present().timestamp()

    def stop(self) -> None:
        """End `run` in good order: what was begun is finished, if the store answers within some seconds."""
        self.connection.patience_s = self.reading.patience_s = _PATIENCE_AT_THE_END_S
        self._stop.set()

    def take_up_policy(self) -> None:
        """Look at once whether the files of the policy have changed."""
        if self._watched is not None:
            self._watched.ask()

    async def run(self) -> None:
        """Read, page, send, relay and watch until `stop`.

        Raises `BadSettings` where metrics cannot be served.
        """
        with served(self.counters, self._settings.metrics):
            producer = AIOKafkaProducer(
                **aiokafka_client(self._settings.kafka),
                acks="all",
                enable_idempotence=True,
                request_timeout_ms=ANSWER_LIMIT_MS,
            )
            try:
                await self._stop.or_else(producer.start())
                if not self._stop:
                    await self._run(producer)
            finally:
                await leave(producer, "sending the rest")
                for channel in self._channels.values():
                    await channel.close()
                await self.reading.close()
                await self.connection.close()

    async def _run(self, producer: AIOKafkaProducer) -> None:
        settings, stop = self._settings, self._stop
        holder = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        tiers, policy = load_tiers(settings.tiers), self._policy
        powers = Powers((lambda: listed(policy)) if isinstance(policy, PolicyInForce) else dict)
        self.read_store.powers = powers
        technical = TechnicalAlerts(self.store, self.reader, tiers, policy)
        told_while_reading = TechnicalAlerts(self.read_store, AlertReader(self.reading), tiers, policy)
        written = policy.silences if isinstance(policy, PolicyInForce) else tuple
        silenced = SilencedPolicy(policy, Silences(self.connection), written)
        journal = PageJournal(producer, settings.kafka)
        people = policy if isinstance(policy, PolicyInForce) else Desk()
        deliveries = Deliveries(self.connection, holder, self.counters.delivery)
        direct = DirectPages(
            journal, self._channels, people, tiers, policy, settings.console, deliveries.begun
        )
        outage = self.outage = Outage(self.read_store, journal, direct, settings.kafka)
        reject, once = Rejecter(producer, told_while_reading).reject, told_while_reading.once
        pipeline = Pipeline(self.read_store, tiers, silenced, self.partitions, reject, once, outage.placed)
        reading = self._consumer(pipeline, producer)
        relay = Relay(
            self.connection, producer, settings.kafka, holder, technical.report, self.counters.entry
        )
        rules = SendingRules(settings.lease_s, settings.retry, settings.console)
        sender = Sender(
            OrderStream(self.connection, holder),
            deliveries,
            self._channels,
            rules,
            technical,
            people,
            self.counters.channel,
            Gatherer(Postbox(self.connection, holder), policy, 3 * settings.lease_s, self.counters.held_back),
        )
        watch = HeartbeatWatch(
            self.connection, self.store, technical, self.partitions, settings.heartbeat_limit_s
        )
        rejections = self._rejections(technical)
        timers = Timers(
            DueAlerts(self.connection), silenced, self.partitions, technical.report, self.counters.unwatched
        )
        silences = SilenceWatch(self.store, self.reader, technical)
        source_clocks = SourceClockWatch(self.store, self.reader, technical)
        observer = StoreObserver(self.connection, self.counters, self.partitions)
        self.wellbeing.observed = lambda: observer.collector.newest
        self.wellbeing.silent = lambda: watch.silent
        room = RoomWatch(self.connection, technical, settings.disks)
        comparison = Comparison(self.connection, settings.kafka, self.partitions)
        reconciler = Reconciler(comparison, self.connection, producer, technical, self.counters)
        ways = {FINDINGS: reading.ask, HISTORY: producer.client.fetch_all_metadata}
        kafka = KafkaWatch(ways, reading.began, technical, self.counters.kafka)
        self.wellbeing.kafka_away = lambda: kafka.away
        parts = (
            reading, sender, relay, watch, rejections, silences, timers, observer, room, reconciler, kafka,
            ClockWatch(self.store, technical, socket.gethostname(), self.counters.clock),
            silenced, source_clocks,
        )  # fmt: skip
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(part.run(stop), name=type(part).__name__) for part in parts]
            if isinstance(policy, PolicyInForce):
                self._watched = PolicyWatch(
                    policy, technical, lambda: powers.keep(self.connection), self.store.present
                )
                running.append(tasks.create_task(self._watched.run(stop)))
                summaries = DutySummaries(policy, technical, self.store.present)
                running.append(tasks.create_task(summaries.run(stop)))
            if settings.outside.url:
                outside = outside_watch(settings, self.wellbeing, technical)
                running.append(tasks.create_task(outside.run(stop)))
            running.append(tasks.create_task(run_housekeeping(self.store, stop)))
            tasks.create_task(see_end(stop, running))
        await goodbye(relay.drain(), "relaying the rest of the history")

    def _consumer(self, pipeline: Pipeline, producer: AIOKafkaProducer) -> IssueConsumer:
        settings = self._settings
        return self.consumer(
            settings.kafka,
            settings.group,
            self.read_store,
            pipeline,
            self.partitions,
            producer,
            self.wellbeing.reading,
            self.outage,
        )

    def _rejections(self, technical: TechnicalAlerts) -> RejectionWatch:
        settings = self._settings
        counts = Counts(settings.rejected_limit, settings.rejected_window_s)
        return RejectionWatch(
            settings.kafka, self.store, self.reader, technical, counts, settings.rejected_window_s
        )


def outside_watch(settings: Settings, wellbeing: Wellbeing, technical: TechnicalAlerts) -> OutsideWatch:
    """The dead man's switch of these settings."""
    posting = Posting(loopback=settings.outside.loopback, tls=settings.ways.tls())
    return OutsideWatch(settings.outside.url, posting, wellbeing, technical)


async def run(settings: Settings) -> None:
    """Run a notifier until SIGTERM or SIGINT; SIGHUP takes up a changed policy at once."""
    notifier = Notifier(settings)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, notifier.stop)
    loop.add_signal_handler(signal.SIGHUP, notifier.take_up_policy)
    await notifier.run()
