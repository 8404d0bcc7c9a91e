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
from tests.notifier.keeping import Keeping
from tests.notifier.receiver import Receiver, Reply


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = Receiver(Reply(200))
    await made.start()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def keeping() -> AsyncIterator[Keeping]:
    made = Keeping()
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


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "0.0.0.0"])
async def test_a_number_that_leads_to_this_machine_is_refused_without_a_lookup(host: str) -> None:
    posting = Posting()
    answer = await posting.post(f"https://{host}/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Attempt)
    assert (answer.outcome, answer.reason) == (
        Outcome.REFUSED,
        "the address leads to this machine or to no machine",
    )


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1"])
async def test_a_number_in_an_old_notation_leads_nowhere(receiver: Receiver, host: str) -> None:
    posting = Posting()
    answer = await posting.post(f"https://{host}:{receiver.port}/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Attempt)
    assert answer.outcome is not Outcome.UNKNOWN
    assert receiver.requests == []


@pytest.mark.parametrize("scheme", ["http", " http", "\thttp", "ht\ntp", "HTTP"])
async def test_plain_http_never_leaves_this_machine(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    name_server(monkeypatch, "192.0.2.7")
    posting = Posting(loopback=True, timeout_s=1)
    answer = await posting.post(f"{scheme}://pager.example/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Attempt)
    assert (answer.outcome, answer.reason) == (
        Outcome.REFUSED,
        "what is not encrypted leads off this machine",
    )


async def test_a_name_that_nobody_knows_is_asked_for_again() -> None:
    posting = Posting()
    answer = await posting.post("https://pager.invalid/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Attempt)
    assert answer.outcome is Outcome.AGAIN
    assert answer.reason.startswith("address not found")


async def test_posts_that_follow_each_other_share_a_connection_and_its_lookup(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = name_server(monkeypatch, "127.0.0.1")
    posting = Posting(loopback=True)
    for _ in range(3):
        assert await posting.post(f"http://pager.example:{keeping.port}/page", b"{}", {}) == Answer(
            200, "", None
        )
    await posting.close()
    assert (keeping.requests, keeping.connections, asked) == (3, 1, ["pager.example"])


async def test_a_connection_serves_no_other_name_at_the_same_address(
    keeping: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_server(monkeypatch, "127.0.0.1")
    posting = Posting(loopback=True)
    for host in ("pager.example", "127.0.0.1"):
        assert isinstance(await posting.post(f"http://{host}:{keeping.port}/page", b"{}", {}), Answer)
    await posting.close()
    assert (keeping.requests, keeping.connections) == (2, 2)


async def test_a_connection_that_the_other_side_closed_is_not_used_again(keeping: Keeping) -> None:
    posting = Posting(loopback=True)
    for _ in range(2):
        assert isinstance(await posting.post(f"http://127.0.0.1:{keeping.port}/page", b"{}", {}), Answer)
        await keeping.hang_up()
    await posting.close()
    assert (keeping.requests, keeping.connections) == (2, 2)


async def test_an_answer_that_is_cut_off_may_have_told_somebody(receiver: Receiver) -> None:
    receiver.replies.append(Reply(lost=True))
    posting = Posting(loopback=True)
    answer = await posting.post(f"http://127.0.0.1:{receiver.port}/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Attempt)
    assert answer.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("status", [200, 503])
async def test_an_answer_whose_body_drips_counts_by_its_status(receiver: Receiver, status: int) -> None:
    receiver.replies.append(Reply(status, b"ok", dripping=True))
    posting = Posting(loopback=True, timeout_s=1)
    answer = await posting.post(f"http://127.0.0.1:{receiver.port}/page", b"{}", {})
    await posting.close()
    assert isinstance(answer, Answer)
    assert (answer.status, answer.body.rstrip(".")) == (status, "ok")
