"""A disk or a memory that fills up is told before it is full, once, and its end is told too."""

from collections import namedtuple
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from schemas.alerts import AlertState
from services.notifier.alerts import Alert
from services.notifier.store.identifiers import SYSTEM_PATIENT, alert_id
from services.notifier.watching.room import RoomWatch
from services.notifier.watching.technical import TechnicalAlerts
from tests.notifier.builders import DESK_POLICY, TIERS
from tests.notifier.desk import Desk

pytestmark = [pytest.mark.redis, pytest.mark.asyncio]
GIB = 1024**3
Disk = namedtuple("Disk", "total free")
STORE = Path("/var/lib/store")


class Machine:
    """One disk, whose size and free space the test decides."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.disk: Disk | OSError = Disk(100 * GIB, 50 * GIB)
        technical = TechnicalAlerts(desk.store, desk.reader, TIERS, DESK_POLICY)
        self.watch = RoomWatch(desk.store.connection, technical, [STORE], self._usage)

    def _usage(self, path: Path) -> Disk:
        assert path == STORE
        if isinstance(self.disk, OSError):
            raise self.disk
        return self.disk

    async def told(self, name: str = f"disk:{STORE}") -> Alert:
        return await self.desk.reader.exactly(alert_id(SYSTEM_PATIENT, f"technical-{name}"))


@pytest_asyncio.fixture
async def machine(desk: Desk) -> AsyncIterator[Machine]:
    client = desk.store.connection.client
    yield Machine(desk)
    await client.config_set("maxmemory", 0)
    await client.config_set("maxmemory-policy", "noeviction")


async def test_with_room_nobody_is_told(machine: Machine) -> None:
    await machine.watch.look()
    assert await machine.desk.reader.alerts(closed=True) == []


@pytest.mark.parametrize(
    "disk", [Disk(100 * GIB, 9 * GIB), Disk(4 * GIB, GIB // 3), Disk(9_000 * GIB, 9 * GIB)]
)
async def test_a_disk_that_fills_up_is_told_once(machine: Machine, disk: Disk) -> None:
    machine.disk = disk
    await machine.watch.look()
    await machine.watch.look()
    alert = await machine.told()
    assert (alert.state, alert.revision) == (AlertState.OPEN, 1)
    assert "/var/lib/store is filling up" in alert.text


async def test_a_large_disk_may_have_less_than_a_tenth_left(machine: Machine) -> None:
    machine.disk = Disk(9_000 * GIB, 100 * GIB)
    await machine.watch.look()
    assert await machine.desk.reader.alerts(closed=True) == []


async def test_it_is_over_with_a_fifth_more_and_not_before(machine: Machine) -> None:
    machine.disk = Disk(100 * GIB, 9 * GIB)
    await machine.watch.look()
    machine.disk = Disk(100 * GIB, 11 * GIB)
    await machine.watch.look()
    assert (await machine.told()).live
    machine.disk = Disk(100 * GIB, 13 * GIB)
    await machine.watch.look()
    assert (await machine.told()).state is AlertState.RESOLVED


async def test_a_disk_that_cannot_be_looked_at_is_no_disk_with_room(machine: Machine) -> None:
    machine.disk = FileNotFoundError(2, "No such file or directory")
    await machine.watch.look()
    assert "cannot be looked at: No such file or directory" in (await machine.told()).text


async def test_the_end_is_told_also_by_a_process_that_did_not_see_the_beginning(machine: Machine) -> None:
    machine.disk = Disk(100 * GIB, 9 * GIB)
    await machine.watch.look()
    after_a_restart = Machine(machine.desk)
    await after_a_restart.watch.look()
    assert (await machine.told()).state is AlertState.RESOLVED


async def test_a_store_whose_memory_fills_up_is_told(machine: Machine) -> None:
    client = machine.desk.store.connection.client
    used = (await client.info("memory"))["used_memory"]
    await client.config_set("maxmemory", int(used * 1.1))
    await machine.watch.look()
    assert "memory of the store" in (await machine.told("store-memory")).text
    await client.config_set("maxmemory", used * 10)
    await machine.watch.look()
    assert (await machine.told("store-memory")).state is AlertState.RESOLVED


async def test_a_store_that_may_drop_alerts_is_told(machine: Machine) -> None:
    client = machine.desk.store.connection.client
    await client.config_set("maxmemory", 2 * GIB)
    await client.config_set("maxmemory-policy", "allkeys-lru")
    await machine.watch.look()
    assert "noeviction" in (await machine.told("store-memory")).text
