"""`make bench`: all figures in one run on one real Kafka, as Markdown on standard output."""

import subprocess
import sys
import tempfile
from pathlib import Path

import click

from benchmarks import report
from benchmarks.core_under_test import prepared
from benchmarks.footprint import footprint
from benchmarks.latency import latency
from benchmarks.throughput import ROOT, Failed, medians, rounds
from benchmarks.workload import events
from services.launcher.servers import kafka_jars
from services.launcher.servers.child import Died, Refused
from services.launcher.servers.real_kafka import RealKafka


def _say(line: str) -> None:
    click.echo(line, err=True)


def _quix_python() -> Path:
    """The interpreter of `.bench-venv`, made where it is missing."""
    python = ROOT / ".bench-venv" / "bin" / "python"
    mark = ROOT / ".bench-venv" / "installed"
    if not mark.exists():
        _say("Quix Streams: installing into .bench-venv")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(python.parents[1])], check=True)
        install = [str(python), "-m", "pip", "install", "-q", "--no-deps", "--require-hashes"]
        subprocess.run([*install, "-r", str(ROOT / "deploy" / "lock" / "bench.txt")], check=True)
        mark.touch()
    return python


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--events", "total", default=20_000, show_default=True, help="About how many events.")
@click.option("--rounds", "number", default=3, show_default=True, help="Rounds of all contenders.")
@click.option("--rate", default=100, show_default=True, help="Events per second for the latency.")
@click.option("--seconds", default=60, show_default=True, help="How long to send for the latency.")
@click.option("--without-quix", is_flag=True, help="Leave Quix Streams out.")
def main(total: int, number: int, rate: int, seconds: int, without_quix: bool) -> None:
    """Compare a bare loop, Quix Streams and our processor, with one core, on one real Kafka."""
    quix = None if without_quix else _quix_python()
    machine = report.machine()
    records = prepared(events(total))
    _say(f"{len(records):,} events; {machine}")
    try:
        kafka_jars.fetch()
        with tempfile.TemporaryDirectory() as directory:
            kafka = RealKafka(Path(directory))
            kafka.start()
            try:
                results = rounds(kafka.bootstrap, records, number, quix, _say)
                delay = latency(kafka.bootstrap, records[: rate * seconds], rate)
            finally:
                kafka.stop()
        alone = footprint(records)
    except (Refused, Died, Failed) as reason:
        raise click.ClickException(str(reason)) from reason
    click.echo(
        f"{len(records):,} events, medians of {number} rounds in turn; {machine}; Apache Kafka "
        f"{kafka_jars.version()} on the same machine\n"
    )
    click.echo("\n\n".join([report.throughput(medians(results)), report.core(alone), report.latency(delay)]))


if __name__ == "__main__":
    main()
