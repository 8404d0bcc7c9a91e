"""The long tail of services by Apprise: an extra, never the only way to reach somebody.

Apprise says only yes or no, and a no may have arrived: it is `unknown`. One call is one attempt. Its threads
are our own, few and never waited for: whoever hangs there delays nobody else. Needs `dosewarden[apprise]`.
"""

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor

import apprise
from apprise.plugins.base import NotifyBase

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import ForbiddenAddress, check_target
from services.notifier.channels.outward import headline, notice_of
from services.notifier.telling.messages import Message

# They log addresses, which hold secrets, and at DEBUG whole messages.
for _library in ("apprise", "urllib3"):
    logging.getLogger(_library).setLevel(logging.ERROR)

_THREADS = 4
_KINDS = {1: "failure", 2: "failure", 3: "warning"}


class AppriseChannel:
    """Tells by the Apprise URL that a person has. `services`: the schemes that may be used, such as "ntfys".

    `loopback` allows this machine where a URL names a host.
    """

    name = "apprise"

    def __init__(self, services: frozenset[str], *, timeout_s: float = 8.0, loopback: bool = False) -> None:
        self._services = services
        self._timeout_s = timeout_s
        self._loopback = loopback
        self._asset = apprise.AppriseAsset(secure_logging=True)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="apprise")
        self._busy = 0

    async def send(self, message: Message, address: str) -> Attempt:
        if address.partition("://")[0].lower() not in self._services:
            return Attempt(Outcome.REFUSED, "no service that the settings allow")
        plugin = apprise.Apprise.instantiate(address, asset=self._asset)
        if plugin is None:
            return Attempt(Outcome.REFUSED, "this is no address of Apprise")
        try:
            await self._check(plugin)
        except ForbiddenAddress as error:
            return Attempt(Outcome.REFUSED, str(error))
        except (OSError, UnicodeError) as error:
            return Attempt(Outcome.AGAIN, f"address not found ({type(error).__name__})")
        if self._busy >= _THREADS:
            return Attempt(Outcome.AGAIN, "all its threads are busy")
        return await self._tell(plugin, message)

    async def _check(self, plugin: NotifyBase) -> None:
        host = getattr(plugin, "host", None)
        if "host" in plugin.template_tokens and isinstance(host, str) and host:
            await check_target(host, plugin.port or 443, loopback=self._loopback, plain=not plugin.secure)

    async def _tell(self, plugin: NotifyBase, message: Message) -> Attempt:
        notice = notice_of(message)
        plugin.socket_connect_timeout = plugin.socket_read_timeout = self._timeout_s / 2
        self._busy += 1
        loop = asyncio.get_running_loop()
        work = self._threads.submit(
            plugin.notify,
            title=headline(notice),
            body=notice.link or notice.reference,
            notify_type=_KINDS.get(notice.tier, "info"),
        )
        work.add_done_callback(lambda _: loop.call_soon_threadsafe(self._freed))
        return await self._answer(work)

    async def _answer(self, work: "Future[bool]") -> Attempt:
        try:
            async with asyncio.timeout(self._timeout_s):
                told = await asyncio.shield(asyncio.wrap_future(work))
        except TimeoutError:
            return Attempt(Outcome.UNKNOWN, "no answer in time")
        except Exception as error:  # noqa: BLE001  # 155 plugins, each with faults of its own
            return Attempt(Outcome.UNKNOWN, type(error).__name__)
        return Attempt(Outcome.SENT) if told else Attempt(Outcome.UNKNOWN, "Apprise says no")

    def _freed(self) -> None:
        self._busy -= 1

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
