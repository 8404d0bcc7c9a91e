"""What is wrong with a knowledge file, for the person who must mend it: where, what, and the cure."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong. `file` is relative to its knowledge directory; `line` counts from 1."""

    file: str
    line: int
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}; {self.cure}"


class KnowledgeError(Exception):
    """The knowledge does not load. `problems` holds everything that is wrong, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        count = len(self.problems)
        head = "1 error" if count == 1 else f"{count} errors"
        super().__init__("\n".join([f"{head} in the knowledge base:", *map(str, self.problems)]))
