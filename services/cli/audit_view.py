"""How the verification of the history looks, in words and as JSON."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from services.notifier.audit.reading import Verdict
from services.notifier.audit.verifying import Fault


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict with the head of every chain: what `audit verify --against` takes."""
    verifier = verdict.verifier
    return {
        "whole": not verdict.faults,
        "entries": verifier.entries,
        "repetitions": verifier.repetitions,
        "unchained": verifier.unchained,
        "anchors": verdict.anchors,
        "faults": [asdict(fault) for fault in verdict.faults],
        "chains": [
            {"chain": name, "partition": state.partition, "entries": state.entries, "hash": state.head}
            for name, state in sorted(verifier.chains.items())
            if state.entries
        ],
    }


def in_words(verdict: Verdict) -> Iterator[str]:
    """The verdict, line by line."""
    verifier = verdict.verifier
    for fault in verdict.faults:
        yield _line(fault)
    chains = sum(1 for state in verifier.chains.values() if state.entries)
    yield (
        f"{verifier.entries} entries in {chains} chains, {verifier.repetitions} sent again, "
        f"{verifier.unchained} of releases without a chain; held against {verdict.anchors} anchors"
    )
    if not verdict.anchors:
        yield "No anchor is known: whether the end was cut off could not be verified."
    if verdict.faults:
        yield f"NOT WHOLE: {len(verdict.faults)} faults"
    else:
        yield "Whole: every entry follows the one before it." if verifier.entries else "There is no entry."


def _line(fault: Fault) -> str:
    where = "at its end" if fault.offset < 0 else f"offset {fault.offset}"
    chain = f" (chain {fault.chain})" if fault.chain else ""
    return f"partition {fault.partition}, {where}: {fault.reason}: {fault.text}{chain}"
