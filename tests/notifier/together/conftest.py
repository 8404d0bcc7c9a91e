"""A ward whose pages of low tiers go together."""

from collections.abc import AsyncIterator

import pytest_asyncio

from services.notifier.policy.routes import LowTiers
from tests.notifier.desk import Desk
from tests.notifier.telling.test_sender import Scripted
from tests.notifier.together.low_pages_said import SHORT
from tests.notifier.ward_policy import WardPolicy


@pytest_asyncio.fixture
async def nurses(desk: Desk, ward: WardPolicy) -> AsyncIterator[Scripted]:
    """The nurse's pager; what is low on the ward goes together after less than a second."""
    ward.low_tiers = LowTiers(together=SHORT)
    yield Scripted("pager")
