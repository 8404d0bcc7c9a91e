"""`python -m benchmarks.mllp_door [MESSAGES [real]]`: what an RAS message costs from the socket to Kafka's
acknowledgement, on one MLLP connection: as fast as the door answers, and at a steady 1,000 messages a second.

CPU is the door's process alone (user and system, from /proc), latency is the client's, from the instant at
which a message was due. The broker is the embedded stand-in, or with `real` Apache Kafka on the same cores.
"""

import asyncio
import os
import tempfile
import time
from collections import deque
from collections.abc import Sequence

import click

from benchmarks.intake_process import Intake, intake_process
from services.intake.mllp.framing import framed
from services.launcher.servers.child import free_port

MESSAGES = 20_000
RATE = 1_000
_WARMING = 1_000
_UNANSWERED = 64
"""Messages that the client has sent and that are not answered yet, where nothing else paces it."""
_STEP_S = 0.005


def messages(first: int, count: int) -> list[bytes]:
    """Administrations with the segments that a hospital's system sends, one of each message."""
    return [framed(_message(number).encode()) for number in range(first, first + count)]


def _message(number: int) -> str:
    person = number % 200
    return "\r".join(
        (
            f"MSH|^~\\&|MAR|WEST|DW|HERE|20260302080105+0100||RAS^O17^RAS_O17|M{number}|P|2.5.1",
            f"PID|1||{4000 + person}^^^WEST^MR||ROE^JANE||19580612|F",
            f"PV1|1|I|3W^12^1^WEST|||||||||||||||V{person}",
            f"ORC|RE|ORD{person}^CPOE|RX{person}^PHARM||||||20260301080000+0100",
            f"RXA|{number}|1|20260302{number // 3600 % 8:02}{number // 60 % 60:02}{number % 60:02}+0100||"
            "197391^baclofen 10 MG Oral Tablet^RXNORM|10|mg^^UCUM|||||||||||||CP|A",
            "RXR|PO^by mouth^HL70162",
            "",
        )
    )


class Stream:
    """One connection. `spent` has the seconds from when a message was due to its answer, in their order."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.spent: list[float] = []

    async def send(self, wire: Sequence[bytes], rate: int | None) -> None:
        """Send them all, so many a second or as fast as they are answered. Raises where one is not taken."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        due: deque[float] = deque()
        room = asyncio.Semaphore(_UNANSWERED if rate is None else len(wire))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._answers(reader, len(wire), due, room))
            began = time.perf_counter()
            for number, message in enumerate(wire):
                if rate is not None and (early := began + number / rate - time.perf_counter()) > _STEP_S:
                    await asyncio.sleep(early)
                await room.acquire()
                due.append(time.perf_counter() if rate is None else began + number / rate)
                writer.write(message)
                await writer.drain()
        writer.close()

    async def _answers(
        self, reader: asyncio.StreamReader, count: int, due: deque[float], room: asyncio.Semaphore
    ) -> None:
        for _ in range(count):
            answer = await reader.readuntil(b"\x1c\r")
            self.spent.append(time.perf_counter() - due.popleft())
            room.release()
            if b"\rMSA|AA|" not in answer:
                raise RuntimeError("a message was not taken")


def measured(port: int, intake: Intake, first: int, count: int, rate: int | None) -> str:
    """The figures of one way of sending."""
    stream, wire = Stream(port), messages(first, count)
    before, began = intake.cpu_s(), time.perf_counter()
    asyncio.run(stream.send(wire, rate))
    wall, cpu, spent = time.perf_counter() - began, intake.cpu_s() - before, sorted(stream.spent)
    return (
        f"{cpu / count * 1e6:6.0f} us of CPU a message, {count / wall:6.0f} messages/s,"
        f" answer median {spent[count // 2] * 1000:.1f} ms, p99 {spent[int(count * 0.99)] * 1000:.1f} ms,"
        f" slowest {spent[-1] * 1000:.1f} ms"
    )


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("count", type=click.IntRange(min=100), default=MESSAGES)
@click.option("--real", is_flag=True, help="On Apache Kafka, not on the stand-in.")
def main(count: int, *, real: bool) -> None:
    """Print the figures."""
    port = free_port()
    with (
        tempfile.TemporaryFile() as log,
        intake_process(log, real=real, INTAKE_MLLP=f"127.0.0.1:{port}") as intake,
    ):
        measured(port, intake, 0, _WARMING, None)
        print(f"load of the machine {os.getloadavg()[0]:.1f}")
        ways = ((f"{_UNANSWERED} unanswered", None), (f"{RATE:,} a second", RATE))
        for turn, (name, rate) in enumerate(ways):
            first = _WARMING + turn * count
            print(f"{name:<14} {measured(port, intake, first, count, rate)}", flush=True)


if __name__ == "__main__":
    main()
