"""docs/security-in-transit.md: its tables name every setting that is read, and no other."""

import re
from pathlib import Path

import pytest

from services.transit.kafka_settings import broker_from
from services.transit.reading import BadTransit
from services.transit.redis import redis_from

_ROW = re.compile(r"^\| (`[^|]*) \|", re.MULTILINE)


def documented(server: str) -> set[str]:
    text = Path("docs/security-in-transit.md").read_text(encoding="utf-8")
    (section,) = re.findall(rf"^## {server.title()}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    return {name for row in _ROW.findall(section) for name in re.findall(r"`([A-Z_]+)`", row)}


@pytest.mark.parametrize(("server", "read"), [("KAFKA", broker_from), ("REDIS", redis_from)])
def test_the_settings_that_are_read_are_those_of_the_page(server: str, read: object) -> None:
    assert callable(read)
    with pytest.raises(BadTransit) as refused:
        read({f"DOSEWARDEN_{server}_MISSPELT": "x"})
    known = set(re.findall(r"DOSEWARDEN_([A-Z_]+)", str(refused.value))) - {f"{server}_MISSPELT"}
    assert documented(server) == known | {server}
