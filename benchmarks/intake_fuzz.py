"""`python -m benchmarks.intake_fuzz [COUNT] [SEED]`: damaged requests at a running FHIR door, beside a client
that sends valid doses all the while.

Fails where anything is answered with 5xx, not at all or after more than a second, or where the other client
is refused.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import httpx

from benchmarks.damaging import damaged
from benchmarks.intake_process import intake_process
from tests.intake.writing import administration

COUNT = 20_000
SLOWEST_S = 1.0
_OTHER_EVERY_S = 0.05
_DOSE = "/fhir/R4/MedicationAdministration"
_EXPECTED = {200, 201, 400, 413, 422}


class Tally:
    """What was answered."""

    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.reasons: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest_s = 0.0
        self.others: list[float] = []

    def note(self, how: str, answer: httpx.Response, spent_s: float) -> None:
        """One answer to a damaged request."""
        self.statuses[answer.status_code] += 1
        self.slowest_s = max(self.slowest_s, spent_s)
        if answer.status_code not in _EXPECTED or spent_s > SLOWEST_S:
            self.failures.append(f"{how}: {answer.status_code} after {spent_s:.2f} s")
        elif answer.status_code not in (200, 201):
            found = [
                coding["code"]
                for issue in answer.json().get("issue", [])
                for coding in issue.get("details", {}).get("coding", [])
            ]
            self.reasons[found[0] if found else str(answer.status_code)] += 1

    def said(self) -> str:
        """The figures."""
        others = sorted(self.others)
        return "\n".join(
            [
                f"damaged requests {self.statuses.total()}, slowest {self.slowest_s * 1000:.0f} ms",
                "answers "
                + ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items())),
                "refused as " + ", ".join(f"{name}: {count}" for name, count in self.reasons.most_common()),
                f"other client: {len(others)} doses, median {others[len(others) // 2] * 1000:.1f} ms,"
                f" p99 {others[int(len(others) * 0.99)] * 1000:.1f} ms, slowest {others[-1] * 1000:.1f} ms",
                f"failures {len(self.failures)}",
                *self.failures[:20],
            ]
        )


async def fuzz(url: str, count: int, seed: int) -> Tally:
    """Send them one after the other, on one connection."""
    tally, chance, over = Tally(), random.Random(seed), asyncio.Event()
    async with httpx.AsyncClient(base_url=url, timeout=60) as http, asyncio.TaskGroup() as tasks:
        tasks.create_task(_other(url, tally, over))
        try:
            for _ in range(count):
                request = damaged(chance)
                began = time.perf_counter()
                answer = await http.post(
                    request.place, content=request.body, headers={"content-type": request.media}
                )
                tally.note(request.how, answer, time.perf_counter() - began)
        finally:
            over.set()
    return tally


async def _other(url: str, tally: Tally, over: asyncio.Event) -> None:
    number = 0
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        while not over.is_set():
            number += 1
            began = time.perf_counter()
            answer = await http.post(_DOSE, json=administration(id=f"other-{number}"))
            tally.others.append(time.perf_counter() - began)
            if answer.status_code != 201:
                tally.failures.append(f"the other client: {answer.status_code}")
            await asyncio.sleep(_OTHER_EVERY_S)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("count", type=click.IntRange(min=1), default=COUNT)
@click.argument("seed", type=int, default=1)
def main(count: int, seed: int) -> None:
    """Send damaged input of this `seed`; exit 1 where something failed."""
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "intake.log"
        with log.open("wb") as words, intake_process(words) as intake:
            tally = asyncio.run(fuzz(intake.url, count, seed))
        code = intake.process.returncode
        defects = [line for line in log.read_text().splitlines() if " ERROR " in line]
    print(tally.said())
    print(f"errors in the service's log {len(defects)}, its exit code {code}")
    print("\n".join(defects[:10]))
    sys.exit(1 if tally.failures or defects or code else 0)


if __name__ == "__main__":
    main()
