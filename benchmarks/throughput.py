"""Rounds of all contenders in turn, so that what else the machine does falls on each alike."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple
from uuid import uuid4

from benchmarks.core_under_test import Prepared
from benchmarks.log import preload, topics
from benchmarks.meter import Taken
from schemas.topics import DETECTED_ISSUES, PATIENT_EVENTS

ROOT = Path(__file__).resolve().parents[1]
_WITHIN_S = 900


class Contender(NamedTuple):
    """A program under `benchmarks.contenders` and the interpreter that has what it needs."""

    title: str
    module: str
    python: str


class Failed(RuntimeError):
    """A contender ended without a result; the text is the end of what it said."""


def contenders(quix_python: Path | None) -> Sequence[Contender]:
    """The bare loop, ours, and Quix Streams where its environment is there."""
    ours = [
        Contender("bare aiokafka loop", "bare_loop", sys.executable),
        Contender("DoseWarden", "processor", sys.executable),
    ]
    if quix_python is not None:
        ours.insert(1, Contender("Quix Streams", "quix", str(quix_python)))
    return ours


def command(contender: Contender, bootstrap: str, prefix: str, expected: int) -> list[str]:
    """How to start a contender on the topics of one run."""
    module = f"benchmarks.contenders.{contender.module}"
    topics_of_run = [prefix + PATIENT_EVENTS.name, prefix + DETECTED_ISSUES.name]
    return [contender.python, "-m", module, bootstrap, *topics_of_run, str(expected)]


def run(contender: Contender, bootstrap: str, records: Sequence[Prepared]) -> Taken:
    """One contender on a fresh, preloaded topic, in a process of its own."""
    prefix = f"{contender.module}-{uuid4().hex[:6]}-"
    topics(bootstrap, prefix)
    preload(bootstrap, prefix, records)
    done = subprocess.run(
        command(contender, bootstrap, prefix, len(records)),
        cwd=ROOT, capture_output=True, text=True, timeout=_WITHIN_S, check=False,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not said:
        raise Failed(f"{contender.title} (exit {done.returncode}):\n{(done.stdout + done.stderr)[-3000:]}")
    return Taken(**json.loads(said[-1]))


def rounds(
    bootstrap: str, records: Sequence[Prepared], number: int, quix_python: Path | None,
    progress: Callable[[str], None],
) -> dict[str, list[Taken]]:  # fmt: skip
    """`number` rounds, each of all contenders."""
    results: dict[str, list[Taken]] = {}
    for one in range(1, number + 1):
        for contender in contenders(quix_python):
            taken = run(contender, bootstrap, records)
            results.setdefault(contender.title, []).append(taken)
            progress(
                f"round {one}: {contender.title}: {taken.per_second:,.0f} events/s, {taken.cpu_us:.0f} us CPU"
            )
    return results


class Figures(NamedTuple):
    """Medians over the rounds."""

    per_second: float
    cpu_us: float


def medians(results: dict[str, list[Taken]]) -> dict[str, Figures]:
    """The median of each figure, per contender."""
    return {
        title: Figures(median(one.per_second for one in taken), median(one.cpu_us for one in taken))
        for title, taken in results.items()
    }
