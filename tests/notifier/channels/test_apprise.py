"""The extra channel by Apprise, through its JSON service, against a real HTTP server on loopback."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from io import StringIO

import orjson
import pytest
import pytest_asyncio

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.apprise_channel import AppriseChannel
from services.notifier.channels.assembly import channels_of
from services.notifier.channels.settings import channel_settings
from services.notifier.environment import BadSettings, Prefixed
from tests.notifier.pages import CANARIES, PAGE
from tests.notifier.receiver import Receiver, Reply

# One of its plugins imports a module that Python will drop.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
SERVICES = frozenset(("json", "jsons"))


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Receiver]:
    made = Receiver(Reply(200))
    await made.start()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def channel() -> AsyncIterator[AppriseChannel]:
    made = AppriseChannel(SERVICES, timeout_s=2, loopback=True)
    yield made
    await made.close()


async def test_it_tells_tier_ward_check_reference_and_link_and_no_more(
    service: Receiver, channel: AppriseChannel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    assert await channel.send(PAGE, f"json://127.0.0.1:{service.port}/key-of-ours") == Attempt(Outcome.SENT)
    content = orjson.loads(service.requests[0].body)
    assert content["title"] == "Alert: tier 1, Neurology 2, cumulative-dose, 0a-4fd1e0c3"
    assert content["message"] == PAGE.link
    for canary in CANARIES:
        assert canary not in service.requests[0].raw
    assert "key-of-ours" not in caplog.text
    assert "Neurology" not in caplog.text


@pytest.mark.parametrize("status", [400, 429, 500])
async def test_a_no_may_have_arrived_and_is_one_attempt(
    service: Receiver, channel: AppriseChannel, status: int
) -> None:
    service.replies.append(Reply(status))
    attempt = await channel.send(PAGE, f"json://127.0.0.1:{service.port}/")
    assert attempt.outcome is Outcome.UNKNOWN
    assert len(service.requests) == 1


async def test_whoever_hangs_holds_no_more_than_its_threads(
    service: Receiver, channel: AppriseChannel
) -> None:
    service.usual = Reply(held=True)
    address = f"json://127.0.0.1:{service.port}/"
    hanging = [asyncio.create_task(channel.send(PAGE, address)) for _ in range(4)]
    await service.until(4)
    assert await channel.send(PAGE, address) == Attempt(Outcome.AGAIN, "all its threads are busy")
    assert {(await task).outcome for task in hanging} == {Outcome.UNKNOWN}


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "no service that the settings allow"),
        ("syslog://localhost", "no service that the settings allow"),
        ("json://", "this is no address of Apprise"),
        ("json://10.1.2.3/", "what is not encrypted leads off this machine"),
    ],
)
async def test_an_address_that_is_not_allowed_is_refused(
    channel: AppriseChannel, address: str, reason: str
) -> None:
    assert await channel.send(PAGE, address) == Attempt(Outcome.REFUSED, reason)


async def test_it_does_not_lead_into_this_machine() -> None:
    channel = AppriseChannel(SERVICES)
    assert (await channel.send(PAGE, "jsons://127.0.0.1/")).outcome is Outcome.REFUSED
    await channel.close()


def test_without_the_package_the_start_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = channel_settings(Prefixed({"DOSEWARDEN_APPRISE_SERVICES": "ntfys"}), ("apprise",))
    monkeypatch.delitem(sys.modules, "services.notifier.channels.apprise_channel")
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(BadSettings, match=r"dosewarden\[apprise\]"):
        channels_of(("apprise",), settings, StringIO())


def test_the_services_that_may_be_used_are_named() -> None:
    with pytest.raises(BadSettings, match="DOSEWARDEN_APPRISE_SERVICES"):
        channel_settings(Prefixed({}), ("apprise",))
