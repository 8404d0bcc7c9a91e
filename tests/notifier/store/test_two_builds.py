"""While a release is replaced, notifiers of two builds work on one store."""

import pytest

from services.notifier.store.library import body, text_of
from tests.notifier.builders import finding
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]


async def test_a_build_that_begins_leaves_the_functions_of_the_other_in_place(desk: Desk) -> None:
    client = desk.store.connection.client
    await desk.hear(finding())
    before = len(await client.function_list())
    await client.function_load(text_of(f"{body()}\n-- of another release"), replace=True)
    assert len(await client.function_list()) == before + 1
    assert len(await desk.tell()) == 2
