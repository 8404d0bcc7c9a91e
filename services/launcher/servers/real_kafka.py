"""A real Apache Kafka on this machine: one KRaft node on loopback, for what the stand-in cannot show.

Durability as far as one node has it: what the broker acknowledged survives a kill of its process, but not a
power cut (Kafka leaves flushing to the operating system) nor the loss of the disk.

As a program (`make kafka`) it fetches Kafka where it is missing and runs it until Ctrl-C.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from string import Template

import click
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from services.launcher.servers import kafka_jars
from services.launcher.servers.child import Died, Refused, answers, end, free_port, last_lines, spawn

_READY_WITHIN_S = 90.0
_STOPPED_WITHIN_S = 60.0
_FORMATTED_WITHIN_S = 120.0
_CLUSTER = "ZG9zZXdhcmRlbi1sb2NhbA"
"""Any 16 bytes in base64: the id of a cluster that has only this node."""


class RealKafka:
    """A broker with its data in `directory`; it may be stopped or killed and started again, on the same port.

    `properties` are added to deploy/kafka/server.properties, the last word winning. Topics are not created on
    demand; `partitions` is for those created without a number.
    """

    def __init__(
        self, directory: Path, *, port: int | None = None, partitions: int = 4,
        properties: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self._directory = directory
        self._partitions = partitions
        self._properties = dict(properties or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._controller_port = free_port()
        self.port = port or free_port()
        self.log = directory / "kafka.log"

    @property
    def bootstrap(self) -> str:
        """Its address."""
        return f"127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The process id of the broker, to measure it; None before the first start."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers; raise `Refused` without Java or jars, `Died` where it fails."""
        if self.running:
            return
        if answers(self.port):
            raise Refused(
                f"port {self.port} on 127.0.0.1 is taken: stop what listens there, or choose another"
            )
        java, jars = str(kafka_jars.java()), f"{kafka_jars.fetched()}/*"
        configured = self._configured()
        if not (self._data / "meta.properties").exists():
            self._format([java, "-cp", jars, "kafka.tools.StorageTool"], configured)
        logging = f"-Dlog4j2.configurationFile={kafka_jars.DEPLOY / 'log4j2.properties'}"
        heap = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC"]
        self._process = spawn([java, *heap, logging, "-cp", jars, "kafka.Kafka", configured], self.log)
        self._wait()

    @property
    def _data(self) -> Path:
        return self._directory / "data"

    def _configured(self) -> Path:
        self._data.mkdir(parents=True, exist_ok=True)
        text = Template((kafka_jars.DEPLOY / "server.properties").read_text()).substitute(
            port=self.port,
            controller_port=self._controller_port,
            data=self._data,
            partitions=self._partitions,
        )
        text += "".join(f"{name}={value}\n" for name, value in self._properties.items())
        configured = self._directory / "server.properties"
        configured.write_text(text)
        return configured

    def _format(self, tool: list[str], configured: Path) -> None:
        command = [*tool, "format", "-t", _CLUSTER, "-c", str(configured)]
        done = subprocess.run(  # noqa: S603 (a list, no shell)
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=_FORMATTED_WITHIN_S,
        )  # fmt: skip
        if done.returncode != 0:
            raise Died(f"Kafka's directory could not be formatted:\n{(done.stdout + done.stderr)[-2000:]}")

    def _wait(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline and self.running:
            if answers(self.port) and self._speaks():
                return
            time.sleep(0.05)
        self.kill()
        raise Died(f"Kafka did not answer on {self.bootstrap}:\n{last_lines(self.log)}")

    def _speaks(self) -> bool:
        try:
            admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
            return bool(admin.list_topics(timeout=5).brokers)
        except KafkaException:
            return False

    def stop(self) -> None:
        """End it in good order; its data stays in the directory."""
        end(self._process, _STOPPED_WITHIN_S)

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def restart(self) -> None:
        """Stop and start: the same address, the same data."""
        self.stop()
        self.start()

    def wait(self) -> int:
        """Wait for its end; the exit code, 0 where it was never started."""
        return 0 if self._process is None else self._process.wait()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", default=19092, show_default=True, help="On 127.0.0.1.")
@click.option("--partitions", default=24, show_default=True, help="Of a topic created without a number.")
@click.option(
    "--data", type=click.Path(path_type=Path), default=kafka_jars.ROOT / ".run" / "kafka",
    help="Where its data is kept between runs  [default: .run/kafka]",
)  # fmt: skip
@click.option("--fetch-only", is_flag=True, help="Fetch and verify the jars; start nothing.")
def main(port: int, partitions: int, data: Path, fetch_only: bool) -> None:
    """Run a real Apache Kafka on this machine until Ctrl-C; fetch it first where it is missing."""
    kafka = RealKafka(data, port=port, partitions=partitions)
    try:
        kafka_jars.java()
        click.echo(f"Apache Kafka {kafka_jars.version()}: {kafka_jars.fetch()}", err=True)
        if fetch_only:
            return
        kafka.start()
    except (Refused, Died) as reason:
        raise click.ClickException(str(reason)) from reason
    click.echo(kafka.bootstrap)
    click.echo(f"data and log in {data}; Ctrl-C ends it", err=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        sys.exit(kafka.wait())
    except KeyboardInterrupt:
        click.echo("stopping", err=True)
    finally:
        kafka.stop()


if __name__ == "__main__":
    main()
