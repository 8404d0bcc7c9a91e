"""A partition that is judged too late has no heartbeat until it is in time again; its neighbours have."""

import json
import signal
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from tests.processor.ward import Ward

EVENTS = 500


def beats(ward: Ward) -> list[tuple[int, datetime]]:
    """Which partition was vouched for, and when."""
    told = [json.loads(m.value()) for m in ward.read(ward.issues) if m.key().startswith(b"heartbeat:")]
    return [(one["partition"], datetime.fromisoformat(one["at"])) for one in told]


def of_others_while_silent(ward: Ward, home: int) -> int:
    """How often a neighbour was vouched for in the longest silence of a partition."""
    found = beats(ward)
    mine = sorted(at for partition, at in found if partition == home)
    start, end = max(pairwise(mine), key=lambda gap: gap[1] - gap[0])
    neighbour = (home + 1) % ward.partitions
    return sum(partition == neighbour and start < at < end for partition, at in found)


@pytest.mark.embedded
@pytest.mark.slow
@pytest.mark.parametrize(("domain", "withheld"), [("live", True), ("simulated", False)])
def test_what_is_judged_late_is_not_vouched_for_where_time_is_real(
    embedded_ward: Ward, domain: str, *, withheld: bool
) -> None:
    ward = embedded_ward
    home = ward.home("p0")
    worker = ward.worker(pace_s="0.02", batch_records="10", heartbeat_s="0.2", late_s="1", time_domain=domain)
    ward.eventually(lambda: any(partition == home for partition, _ in beats(ward)))
    ward.send(EVENTS, patients=1)
    ward.until_done()
    done_at = datetime.now(UTC)
    ward.eventually(lambda: any(partition == home and at > done_at for partition, at in beats(ward)))
    assert worker.end(signal.SIGTERM) == 0, worker.tail()
    assert (of_others_while_silent(ward, home) >= 5) is withheld
