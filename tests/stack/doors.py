"""Sample files through the real doors of a running intake service, and what each is answered, in counts."""

import gzip
import json
import re
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from services.intake.mllp.framing import framed

FHIR = {"content-type": "application/fhir+json"}
WITHIN_S = 120.0
_PLACE = re.compile(r"Bundle\.entry\[\d+\]\.resource\.?|\[\d+\]")
Counts = dict[str, Any]


def sent_by_http(http: httpx.Client, file: Path) -> Counts:
    """Post a file as its sender would, a Bundle to the base and a resource to its type: status and counts."""
    packed = file.suffix == ".gz"
    content = file.read_bytes()
    kind = json.loads(gzip.decompress(content) if packed else content)["resourceType"]
    answer = http.post(
        "/fhir/R4" if kind == "Bundle" else f"/fhir/R4/{kind}",
        content=content, headers=FHIR | ({"content-encoding": "gzip"} if packed else {}),
    )  # fmt: skip
    counts: dict[str, Counter[str]] = {}
    for issue in _issues(answer.json()):
        outcome, what = _told(issue)
        if outcome:
            counts.setdefault(outcome, Counter())[what] += 1
    return {"status": answer.status_code} | {name: dict(sorted(counts[name].items())) for name in counts}


def _issues(body: Counts) -> Iterator[Counts]:
    if body["resourceType"] == "Bundle":
        for entry in body.get("entry", []):
            yield from entry["response"]["outcome"]["issue"]
    else:
        yield from body["issue"]


def _told(issue: Counts) -> tuple[str, str]:
    """Whether an issue says accepted, not assessed, rejected or skipped, and of what or why."""
    place = _PLACE.sub("", issue.get("expression", [""])[0])
    reason = next((coding["code"] for coding in issue.get("details", {}).get("coding", [])), "")
    read = re.fullmatch(r"read as (\w+)", issue["diagnostics"])
    if read is not None:
        return "accepted", read[1]
    match issue["severity"]:
        case "error":
            return "rejected", f"{reason} at {place}" if place else reason
        case "warning":
            return "remarked", f"{issue['code']} at {place}"
        case _:
            return ("skipped", reason) if reason else ("", "")


def sent_by_mllp(port: int, files: list[Path]) -> dict[str, str]:
    """Send messages on one connection, each answered before the next: its code and the reasons of its ERR."""
    answers = {}
    with socket.create_connection(("127.0.0.1", port), WITHIN_S) as peer, peer.makefile("rb") as said:
        for file in files:
            peer.sendall(framed(file.read_bytes()))
            answers[file.stem] = _acknowledged(_frame(said))
    return answers


def _frame(said: Any) -> bytes:
    found = b""
    while not found.endswith(b"\x1c\r"):
        part = said.read(1)
        assert part, "the door hung up"
        found += part
    return found.strip(b"\x0b\x1c\r")


def _acknowledged(answer: bytes) -> str:
    msa, *errors = [line.split("|") for line in answer.decode().split("\r")][1:]
    words = [
        f"{err[4]}:{err[5].split('^')[0]}" if len(err) > 4 else f"E:{err[1].count('~') + 1}" for err in errors
    ]
    return " ".join([msa[1], *(f"{word} x{count}" for word, count in sorted(Counter(words).items()))])
