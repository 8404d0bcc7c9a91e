"""Which process runs which test where pytest-xdist runs them side by side: Kafka in one place."""

from functools import lru_cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parents[1]


@lru_cache
def needs_kafka(file: str) -> bool:
    """Whether a file, by its path below the checkout, has tests on a real Kafka."""
    return "mark.kafka" in (ROOT / file).read_text(encoding="utf-8")


class OneKafka(LoadScopeScheduling):
    """Files with tests on a real Kafka stay in one process; every other test goes where there is room.

    It goes by the text of the file: this side does not collect, and under pytest 9.2 pytest-xdist 3.8 no
    longer sees the groups of its own `--dist loadgroup`, without a word (pytest-dev/pytest-xdist#1386).
    """

    def _split_scope(self, nodeid: str) -> str:
        return "kafka" if needs_kafka(nodeid.split("::")[0]) else nodeid
