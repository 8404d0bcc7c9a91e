"""`python -m benchmarks.mllp_fuzz`: malformed messages through real sockets, while others are answered.

After each variant the same connection brings a good message; what is answered until then belongs to the
variant. A good peer of its own goes on all the time.
"""

import asyncio
import logging
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import click
import uvloop

from benchmarks.malformed_hl7 import variant
from schemas.identity import SiteKey
from services.intake.accepting import Acceptor
from services.intake.door import Door
from services.intake.mllp.desk import Desk
from services.intake.mllp.framing import framed
from services.intake.mllp.limits import Limits
from services.intake.mllp.server import MllpServer
from services.launcher.servers.embedded_broker import EmbeddedBroker

_MSH = "MSH|^~\\&|MAR|WEST|DW|HERE|20260301080512+0100||{kind}|{name}|P|2.5.1"
_PID = "PID|1||4711^^^WEST^MR||ROE^JANE||19580612|F"
_ORC = "ORC|{control}|ORD77^CPOE|RX99^PHARM||||||20260301080000+0100"
_AT = "20260301080000+0100"
_DOSE = f"RXA|1|1|{_AT}||1292^Baclofen^RXNORM|10|mg^^UCUM|||||||||||||CP|A"
_RESULT = f"OBX|1|NM|2160-0^Creatinine^LN||1.2|mg/dL|||||F|||{_AT}"
_SEEDS = (
    ("RAS^O17^RAS_O17", _ORC.format(control="RE"), _DOSE),
    (
        "RDE^O11^RDE_O11",
        _ORC.format(control="NW"),
        "RXE||1292^Baclofen^RXNORM|5||mg",
        "TQ1|1|1|BID",
        "RXR|PO",
    ),
    ("ORU^R01^ORU_R01", "OBR|1|A|B|24323-8^CMP^LN", _RESULT),
    ("ADT^A01^ADT_A01", "PV1|1|I|3W^12^1^WEST|||||||||||||||V100", "AL1|1|DA|7980^Penicillin^RXNORM"),
    ("ADT^A40^ADT_A39", "MRG|4712^^^WEST^MR"),
)
_PEERS = 6
_LONGEST_S = 1.0
_GIVEN_UP_S = 10.0


def _message(parts: tuple[str, ...], name: str) -> bytes:
    kind, *segments = parts
    return "\r".join((_MSH.format(kind=kind, name=name), _PID, *segments, "")).encode()


class Fuzz:
    """Counts what became of the variants."""

    def __init__(self, port: int, seeds: list[bytes], seed: int) -> None:
        self._port = port
        self._seeds = seeds
        self._chance = random.Random(seed)
        self._left = 0
        self._number = 0
        self.outcomes: Counter[str] = Counter()
        self.slow: list[tuple[float, str]] = []
        self.good_s: list[float] = []

    async def run(self, count: int) -> None:
        """Send so many variants; raises where a good message is not acknowledged."""
        self._left = count
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            good = tasks.create_task(self._good(over))
            peers = [tasks.create_task(self._peer()) for _ in range(_PEERS)]
            await asyncio.wait(peers)
            over.set()
            await good

    async def _good(self, over: asyncio.Event) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while not over.is_set():
            began = time.monotonic()
            said = await self._until_good(reader, writer, b"")
            if said:
                raise RuntimeError("a good peer was answered what belongs to others")
            self.good_s.append(time.monotonic() - began)
        writer.transport.abort()

    async def _peer(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while self._left > 0:
            self._left -= 1
            name, wire = variant(self._seeds, self._chance)
            began = time.monotonic()
            try:
                async with asyncio.timeout(_GIVEN_UP_S):
                    said = await self._until_good(reader, writer, wire)
            except (asyncio.IncompleteReadError, OSError) as error:
                said = ["not answered" if isinstance(error, TimeoutError) else "hung up"]
                writer.transport.abort()
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            took = time.monotonic() - began
            self.outcomes[" ".join(said) if said else "no answer"] += 1
            if took > _LONGEST_S:
                self.slow.append((took, name))
        writer.transport.abort()

    async def _until_good(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: bytes
    ) -> list[str]:
        """The codes of the answers in front of that of a good message. Raises where it is not AA."""
        self._number += 1
        name = f"GOOD{self._number}"
        writer.write(wire + framed(_message(_SEEDS[0], name)))
        codes = []
        while True:
            answer = await reader.readuntil(b"\x1c\r")
            msa = next(line for line in answer.split(b"\r") if line.startswith(b"MSA"))
            code, answered = msa[4:6].decode("ascii", "replace"), msa[7:].split(msa[3:4])[0]
            if answered == name.encode():
                if code != "AA":
                    raise RuntimeError(f"a good message was answered {code}")
                return codes
            codes.append(code)


class _Words(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.payload = 0

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        self.payload += "ROE" in text or "4711" in text or "aclofen" in text


async def _whole(count: int, seed: int, seeds: list[bytes]) -> int:
    words = _Words()
    logging.getLogger("services").addHandler(words)
    logging.getLogger("services").setLevel(logging.INFO)
    with tempfile.TemporaryDirectory() as directory:
        broker = EmbeddedBroker(Path(directory) / "broker.log")
        broker.start()
        try:
            place = socket.create_server(("127.0.0.1", 0))
            door = Door(clock=lambda: datetime.now(UTC))
            site = SiteKey(b"a site key for these variants only")
            async with (
                Acceptor(broker.bootstrap, site, door) as acceptor,
                MllpServer(place, Desk(acceptor, door), Limits()) as server,
            ):
                fuzz = Fuzz(server.port, seeds, seed)
                await fuzz.run(count)
                broken = server.broken
        finally:
            broker.stop()
    for outcome, number in fuzz.outcomes.most_common(20):
        click.echo(f"{number:7,}  {outcome}")
    good = sorted(fuzz.good_s)
    p99, worst = (good[place] * 1e3 for place in (len(good) * 99 // 100, -1))
    click.echo(
        f"{sum(fuzz.outcomes.values()):,} variants of {len(seeds)} messages (seed {seed}): {broken} faults"
        f" of ours, {len(fuzz.slow)} longer than {_LONGEST_S:g} s, {words.payload} log lines with payload; a"
        f" good peer was answered {len(good):,} times, p99 {p99:.0f} ms, at most {worst:.0f} ms"
    )
    for took, name in sorted(fuzz.slow, reverse=True)[:10]:
        click.echo(f"  {took:.1f} s: {name}")
    return 1 if broken or fuzz.slow or words.payload else 0


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--count", default=20_000, show_default=True, help="How many variants.")
@click.option("--seed", default=1, show_default=True, help="Of the random choices.")
@click.option(
    "--samples", type=click.Path(exists=True, file_okay=False, path_type=Path), help="More messages."
)
def main(count: int, seed: int, samples: Path | None) -> None:
    """Exit 1 where a conversation broke, one took too long, or a log holds payload."""
    seeds = [_message(parts, f"S{number}") for number, parts in enumerate(_SEEDS)]
    if samples is not None:
        seeds += [file.read_bytes() for file in sorted(samples.glob("*.hl7"))]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        sys.exit(runner.run(_whole(count, seed, seeds)))


if __name__ == "__main__":
    main()
