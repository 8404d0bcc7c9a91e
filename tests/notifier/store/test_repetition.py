"""Every call may come twice, and some records do: nothing happens twice."""

import pytest

from schemas.base import Severity
from schemas.issues import Transition
from tests.notifier.builders import after, finding
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_a_replayed_offset_changes_nothing_whatever_it_holds(desk: Desk) -> None:
    await desk.hear(finding(), offset=7)
    assert await desk.hear(finding(Transition.WORSENED, 2), offset=7) == "replayed"
    assert await desk.hear(finding(Transition.WORSENED, 2), offset=6) == "replayed"
    assert (await desk.alert()).revision == 1


async def test_the_same_transition_at_a_new_offset_changes_nothing(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    assert await desk.hear(finding()) == "repeated"
    assert await desk.orders() == []
    assert await desk.events() == ["raised", "paged", "told", "told"]


async def test_the_same_revision_with_other_content_replaces_and_does_not_vanish(desk: Desk) -> None:
    await desk.hear(finding())
    assert await desk.hear(finding(transition_id="again", text="baclofen 90 mg in 24 h")) == "replaced"
    assert (await desk.alert()).text == "baclofen 90 mg in 24 h"


async def test_a_replacement_of_a_louder_tier_is_paged_though_the_revision_was_paged(desk: Desk) -> None:
    await desk.hear(finding())
    first = await desk.tell()
    await desk.acknowledge()
    await desk.hear(finding(transition_id="again", severity=Severity.CONTRAINDICATED))
    second = await desk.tell()
    assert len(second) == 2
    assert not {order.delivery for order in first} & {order.delivery for order in second}


async def test_a_closing_that_is_replaced_by_an_open_finding_of_its_revision_pages(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.tell()
    await desk.hear(finding(Transition.RESOLVED, 2))
    assert await desk.hear(finding(Transition.WORSENED, 2)) == "reopened"
    assert len(await desk.tell()) == 2


async def test_older_revisions_and_episodes_are_ignored(desk: Desk) -> None:
    await desk.hear(finding(Transition.RAISED, 3, episode=2))
    assert await desk.hear(finding(Transition.WORSENED, 2, episode=2)) == "older"
    assert await desk.hear(finding(Transition.WITHDRAWN, 9, episode=1)) == "older"


async def test_a_republished_issue_only_fills_a_gap(desk: Desk) -> None:
    assert await desk.hear(finding(Transition.REPUBLISHED)) == "raised"
    await desk.tell()
    await desk.acknowledge()
    assert await desk.hear(finding(Transition.REPUBLISHED, transition_id="other")) == "repeated"
    assert (await desk.alert()).acked_by == "nurse on call"


async def test_a_second_receipt_changes_nothing(desk: Desk) -> None:
    await desk.hear(finding())
    order = (await desk.tell("terminal"))[0]
    assert await desk.receipt(order, "failed", "late") == "repeated"
    assert await desk.events() == ["raised", "paged", "told"]


async def test_the_same_command_twice_gives_the_same_answer_and_one_entry(desk: Desk) -> None:
    await desk.hear(finding())
    first = await desk.acknowledge(command="tap")
    assert await desk.acknowledge(command="tap") == first
    assert (await desk.events()).count("acknowledged") == 1


async def test_a_command_key_that_is_used_for_something_else_is_refused(desk: Desk) -> None:
    await desk.hear(finding())
    await desk.acknowledge(command="tap")
    assert (await desk.acknowledge(command="tap", actor="somebody else")).result == "key-reused"


async def test_timers_that_are_asked_for_twice_page_once(desk: Desk) -> None:
    await desk.hear(finding(page_from=after(minutes=1)))
    assert await desk.pass_time(after(minutes=2)) == 1
    assert await desk.pass_time(after(minutes=2)) == 0
    assert len(await desk.orders()) == 2
