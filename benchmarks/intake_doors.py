"""`python -m benchmarks.intake_doors [DOSES [real]]`: what a MedicationAdministration costs from the socket
to Kafka's acknowledgement, in Bundles of 10 and posted singly, side by side.

CPU is the door's process alone (user and system, from /proc), latency is the client's. The broker is the
embedded stand-in, or with `real` Apache Kafka on the same cores.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence

import click

from benchmarks.intake_process import Intake, intake_process
from tests.intake.writing import administration, amount

DOSES = 20_000
_CLIENTS = 8
_WARMING = 500
_ASKED = 1_000
_BUNDLE = 10


def dose(number: int) -> dict[str, object]:
    """One administration, with the elements that a hospital's system sends."""
    return administration(
        id=f"dose-{number}",
        meta={"versionId": "1", "lastUpdated": "2026-03-02T08:01:00Z"},
        identifier=[{"system": "urn:emar", "value": str(number)}],
        medicationCodeableConcept={
            "coding": [
                {
                    "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                    "code": "197391",
                    "display": "baclofen 10 MG Oral Tablet",
                }
            ],
            "text": "Baclofen 10 mg tablet",
        },
        subject={"reference": f"Patient/p{number % 200}"},
        context={"reference": f"Encounter/e{number % 200}"},
        request={"reference": f"MedicationRequest/r{number % 200}"},
        performer=[{"actor": {"reference": "Practitioner/nurse"}}],
        dosage={
            "text": "10 mg by mouth",
            "route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]},
            "dose": amount(10, "mg"),
        },
    )


def singles(count: int) -> list[bytes]:
    """One request per dose."""
    return [_request("/fhir/R4/MedicationAdministration", dose(number)) for number in range(count)]


def bundles(count: int) -> list[bytes]:
    """One batch per ten doses."""
    return [
        _request(
            "/fhir/R4",
            {
                "resourceType": "Bundle",
                "type": "batch",
                "entry": [
                    {
                        "resource": dose(number),
                        "request": {"method": "PUT", "url": f"MedicationAdministration/dose-{number}"},
                    }
                    for number in range(first, first + _BUNDLE)
                ],
            },
        )
        for first in range(0, count, _BUNDLE)
    ]


def _request(place: str, content: object) -> bytes:
    body = json.dumps(content).encode()
    head = (
        f"POST {place} HTTP/1.1\r\nhost: door\r\ncontent-type: application/fhir+json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def sent(port: int, requests: Sequence[bytes], rate: float | None = None) -> list[float]:
    """Every request over a few connections, each answered before its next; seconds to each answer.

    With a `rate` so many requests a second, and the seconds count from when each was due.
    """
    queue, spent = list(reversed(list(enumerate(requests)))), list[float]()
    start = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while queue:
            number, request = queue.pop()
            began = time.perf_counter() if rate is None else start + number / rate
            if (early := began - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(int(length.partition(b":")[2]))
            spent.append(time.perf_counter() - began)
            if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
                raise RuntimeError(head.split(b"\r\n")[0].decode())
        writer.close()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(_CLIENTS):
            tasks.create_task(client())
    return spent


def measured(intake: Intake, requests: Sequence[bytes], doses: int, rate: float | None = None) -> str:
    """The figures of one way of sending; `rate`: requests a second."""
    asyncio.run(sent(intake.port, requests[: _WARMING * len(requests) // doses]))
    before, began = intake.cpu_s(), time.perf_counter()
    spent = sorted(asyncio.run(sent(intake.port, requests, rate)))
    wall, cpu = time.perf_counter() - began, intake.cpu_s() - before
    return (
        f"{cpu / doses * 1e6:6.0f} us of CPU a dose, {doses / wall:6.0f} doses/s,"
        f" answer median {spent[len(spent) // 2] * 1000:.1f} ms,"
        f" p99 {spent[int(len(spent) * 0.99)] * 1000:.1f} ms"
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("doses", type=click.IntRange(min=100), default=DOSES)
@click.option("--real", is_flag=True, help="On Apache Kafka, not on the stand-in.")
def main(doses: int, *, real: bool) -> None:
    """Print the figures."""
    with tempfile.TemporaryFile() as log, intake_process(log, real=real) as intake:
        ways = (
            ("Bundles of 10", bundles(doses), None),
            ("the same, 1,000 doses a second", bundles(doses), _ASKED / _BUNDLE),
            ("single posts", singles(doses), None),
        )
        for name, requests, rate in ways:
            print(f"{name:<31} {measured(intake, requests, doses, rate)}", flush=True)


if __name__ == "__main__":
    main()
