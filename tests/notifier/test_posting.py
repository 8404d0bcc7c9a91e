"""A name is looked up once, and what was checked is what is connected to."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from services.notifier.channels import Attempt, Outcome
from services.notifier.channels.addresses import ForbiddenAddress, check_target
from services.notifier.channels.posting import Answer, Posting
from tests.notifier.receiver import Receiver, Reply


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver(Reply(200))
    await made.start()
    yield made
    await made.close()


def name_server(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """The name server gives these addresses, one lookup each; what was asked."""
    asked: list[str] = []
    given = list(answers)
    loop = asyncio.get_running_loop()
    plain = loop.getaddrinfo

    async def lookup(host: str, port: int, **rest: Any) -> Any:
        if host != "pager.example":
            return await plain(host, port, **rest)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (given.pop(0), port))]

    monkeypatch.setattr(loop, "getaddrinfo", lookup)
    return asked


async def test_a_name_that_changes_after_the_look_leads_nowhere_else(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = name_server(monkeypatch, "127.0.0.1", "169.254.169.254")
    posting = Posting(loopback=True)
    answer = await posting.post(f"http://pager.example:{receiver.port}/page", b"{}", {})
    await posting.close()
    assert answer == Answer(200, "", None)
    assert asked == ["pager.example"]
    assert receiver.requests[0].headers["host"] == f"pager.example:{receiver.port}"


async def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.replies.append(Reply(307, headers={"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}))
    posting = Posting(loopback=True)
    answer = await posting.post(f"http://127.0.0.1:{receiver.port}/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Answer)
    assert answer.status == 307
    assert len(receiver.requests) == 1


async def test_a_name_that_leads_to_this_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    name_server(monkeypatch, "127.0.0.1")
    posting = Posting()
    answer = await posting.post("https://pager.example/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Attempt)
    assert answer.outcome is Outcome.REFUSED


async def test_an_answer_without_end_is_read_to_a_bound(receiver: Receiver) -> None:
    receiver.replies.append(Reply(200, b"x" * 1_000_000))
    posting = Posting(loopback=True)
    answer = await posting.post(f"http://127.0.0.1:{receiver.port}/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Answer)
    assert len(answer.body) == 16 * 1024


async def test_loopback_in_the_clothes_of_ipv6_is_loopback() -> None:
    with pytest.raises(ForbiddenAddress):
        await check_target("::ffff:127.0.0.1", 443, loopback=False, plain=False)
