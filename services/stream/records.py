"""A record as Kafka hands it over, and the headers that go with one."""

from collections.abc import Iterable
from typing import Protocol

Headers = tuple[tuple[str, bytes], ...]


class Record(Protocol):
    """The part of a consumer record that anybody reads."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Iterable[tuple[str, bytes]]: ...
