"""Child processes that end when their parent ends, however it ends.

Linux only. The child is sent SIGTERM when the *thread* that started it is gone, so start servers from a
thread that lives as long as they shall.
"""

import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path


class Refused(RuntimeError):
    """A server cannot run here; the text says what is missing and what to do."""


class Died(RuntimeError):
    """A server ended, or did not answer in time; the text ends with the last lines of its log."""


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def spawn(command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to the end of `log`; it is ended if this process dies.

    It has a process group of its own: a Ctrl-C in the terminal reaches us alone, and we end it in good order.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (a list, no shell; the binaries are found by us)
            [*leash(), *map(str, command)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )


def leash() -> list[str]:
    """What to put before a command so that it is ended if this process dies; may be nothing."""
    # setpriv (util-linux) replaces itself by the command, so the process id stays that of the server.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def end(process: subprocess.Popen[bytes] | None, within_s: float) -> None:
    """SIGTERM, and SIGKILL after `within_s`; returns when the process is gone."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for an error message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) or "(the log is empty)"
