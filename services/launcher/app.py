"""Puts a whole DoseWarden on this machine, plays the ward day on it, and takes everything away again."""

import asyncio
import shlex
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from schemas.identity import SiteKey
from schemas.topics import DETECTED_ISSUES, PATIENT_EVENTS
from services.intake.door import Door
from services.intake.publisher import Publisher
from services.intake.sending import PublishFailed
from services.launcher.broker_view import Events, events_at
from services.launcher.pager import Pager
from services.launcher.screen import Screen
from services.launcher.servers.child import Died, Refused
from services.launcher.stack import Given, Stack
from services.launcher.story import Story
from services.launcher.supervisor import Restarts, Supervisor
from services.launcher.topics import WrongTopic
from services.launcher.ward_day import EXPECTATIONS, TELLING
from services.launcher.ward_day.expected import read_expectations
from services.launcher.ward_day.telling import read_telling
from services.notifier.stopping import Stop
from services.notifier.store.alert_store import AlertStore
from services.notifier.store.connection import Connection, StoreUnavailable

READY_WITHIN_S = 60.0
_ASK_EVERY_S = 0.2
_STAND_IN = (
    "The broker is an embedded stand-in for Kafka: memory only, four partitions, gone when this ends.",
    "Patients are invented, time is the story's. Not a medical device.",
)


@dataclass(frozen=True, slots=True)
class Options:
    """`demo` ends by itself and compares what came with what must come; `day_s` is how long the day takes."""

    given: Given
    demo: bool = False
    day_s: float = 30.0


class InUse(RuntimeError):
    """A given server holds something already: invented patients have no place there."""


async def run(options: Options, console: Console) -> int:
    """The exit code: 0 all went well, 1 something was missing or died, 2 it may not run here."""
    stop = Stop()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, stop.set)
    screen = Screen(console, read_telling(TELLING).begins)
    stack: Stack | None = None
    try:
        stack = Stack(options.given)
        return await _Run(options, stack, screen, stop).whole()
    except* (Refused, WrongTopic, InUse) as refusals:
        screen.say(_first(refusals), "bold red")
        code = 2
    except* (Died, StoreUnavailable, PublishFailed) as deaths:
        screen.say(_first(deaths), "bold red")
        code = 1
    finally:
        if stack is not None:
            await stack.end()
            screen.say("Everything that was started is ended, and its files are removed.", "dim")
    return code


def _first(group: BaseExceptionGroup[BaseException]) -> str:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error)


class _Run:
    def __init__(self, options: Options, stack: Stack, screen: Screen, stop: Stop) -> None:
        self._options = options
        self._stack = stack
        self._screen = screen
        self._stop = stop

    async def whole(self) -> int:
        """Start, play, stay or end; whatever was started is ended."""
        self._screen.say("Starting the broker, the store and the services ...", "dim")
        self._stack.start()
        connection = Connection(self._stack.redis, patience_s=10.0)
        pager = Pager(self._stack.webhook_secret.encode())
        services = self._stack.services(await pager.start())
        supervisor = Supervisor(services, lambda text: self._screen.say(text, "yellow"), Restarts())
        ended = Stop()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(supervisor.run(ended))
                tasks.create_task(self._stack.watch(ended))
                code = await self._play(AlertStore(connection), pager)
                ended.set()
            return code
        finally:
            await supervisor.end()
            await pager.close()
            await connection.close()

    async def _play(self, store: AlertStore, pager: Pager) -> int:
        telling, stop, screen = read_telling(TELLING), self._stop, self._screen
        site = SiteKey(self._stack.site_key.encode())
        async with Publisher(self._stack.kafka, site, Door()) as publisher:
            events = await events_at(self._stack.kafka)
            await self._refuse_used(events, store)
            await self._ready(store, events.partitions)
            if stop:
                return 1 if self._options.demo else 0
            screen.heading(
                "DoseWarden, the ward day",
                self._where(),
                _STAND_IN if self._stack.embedded else _STAND_IN[1:],
            )
            story = Story(
                telling, read_expectations(EXPECTATIONS), site, store, pager, screen, self._options.day_s
            )
            with screen.live(story.status):
                followed = Stop()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(story.follow(followed))
                    missing = await story.play(publisher, stop)
                    if not self._options.demo and not stop:
                        self._say_results(story, missing)
                        screen.say("The day is over; everything stays up until Ctrl-C.", "bold")
                        await stop.wait()
                    followed.set()
        if not self._options.demo:
            return 0
        if stop:
            screen.say("Ended before the day was over.", "bold red")
            return 1
        self._say_results(story, missing)
        return 1 if missing else 0

    async def _refuse_used(self, events: Events, store: AlertStore) -> None:
        """Nothing is played into servers that hold something. Raises `InUse`."""
        used = []
        if events.records:
            used.append(
                f"{PATIENT_EVENTS.name} at {self._stack.kafka} holds {events.records} records already"
            )
        if not self._stack.alone and await store.offsets(DETECTED_ISSUES.name):
            used.append("the store is in use by a notifier already")
        if used:
            raise InUse(f"{'; '.join(used)}: invented patients are played only into servers that are empty")

    async def _ready(self, store: AlertStore, partitions: int) -> None:
        """Wait until the notifier has heard the safety processor in every partition."""
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                while len(await store.heartbeats()) < partitions:
                    if await self._stop.sleep(_ASK_EVERY_S):
                        return
        except TimeoutError:
            raise Died(
                f"the safety processor was not heard in all partitions within {READY_WITHIN_S:.0f} s\n"
                + self._stack.last_words()
            ) from None

    def _where(self) -> list[tuple[str, str]]:
        command = f"DOSEWARDEN_REDIS={self._stack.redis} {_command()} alerts"
        return [
            ("broker", self._stack.kafka),
            ("store", self._stack.redis),
            ("FHIR", self._stack.fhir),
            ("HL7 v2", self._stack.mllp),
            ("logs", str(self._stack.directory)),
            ("look", f"{command} list"),
            ("", f"{command} show ID"),
            ("answer", f"{command} ack ID"),
        ]

    def _say_results(self, story: Story, missing: list[str]) -> None:
        self._screen.say("")
        for name, steps in story.results():
            self._screen.say(f"{name:<52} {steps}")
        for text in missing:
            self._screen.say(f"MISSING  {text}", "bold red")
        if not missing:
            self._screen.say("Everything that was expected came, and nothing else.", "bold green")


def _command() -> str:
    if shutil.which("dosewarden"):
        return "dosewarden"
    beside = Path(sys.executable).with_name("dosewarden")
    here = Path.cwd()
    return shlex.quote(str(beside.relative_to(here) if beside.is_relative_to(here) else beside))
