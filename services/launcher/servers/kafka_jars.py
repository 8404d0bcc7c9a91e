"""Apache Kafka's jars: fetched once by Maven, held to committed checksums at every use.

They lie in `.kafka/<version>/` beside `deploy/`; `deploy/kafka/pom.xml` pins the release and
`deploy/kafka/sha256sums` says what every jar must be. A jar more, less or other is refused.
"""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from services.launcher.servers.child import Refused

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy" / "kafka"
_FETCHING_WITHIN_S = 1800


def java() -> Path:
    """The Java on the PATH (or in JAVA_HOME); Kafka 4 wants 17 or newer and says so itself."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if found is None:
        raise Refused("no Java: a real Kafka needs Java 17 or newer (Debian: default-jre-headless)")
    return Path(found)


def expected() -> dict[str, str]:
    """What the committed list says: jar name to SHA-256 in hex."""
    lines = (DEPLOY / "sha256sums").read_text().splitlines()
    return {name: digest for digest, name in (line.split(maxsplit=1) for line in lines if line)}


def version() -> str:
    """The pinned release of Kafka, for example "4.1.1"."""
    for name in expected():
        if found := re.fullmatch(r"kafka_[\d.]+-([\d.]+)\.jar", name):
            return found[1]
    raise Refused(f"{DEPLOY / 'sha256sums'} names no kafka jar")


def directory() -> Path:
    """Where the jars of the pinned release lie once fetched."""
    return ROOT / ".kafka" / version()


def verify(jars: Path) -> None:
    """Raise `Refused` unless the directory holds exactly the expected jars, byte for byte."""
    wanted = expected()
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in jars.glob("*.jar")}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise Refused(
            f"refusing the jars in {jars}: {len(wrong)} of {len(wanted)} are missing, unexpected or not what "
            f"deploy/kafka/sha256sums says: {', '.join(wrong[:5])}. Remove the directory and fetch again."
        )


def fetched() -> Path:
    """The verified jars of the pinned release; `Refused` where they were never fetched."""
    jars = directory()
    if not jars.is_dir():
        raise Refused(
            "Kafka's jars are not here; to fetch: python -m services.launcher.servers.real_kafka --fetch-only"
        )
    verify(jars)
    return jars


def fetch() -> Path:
    """The verified jars, fetched by Maven where they are missing."""
    jars = directory()
    if jars.is_dir():
        return fetched()
    maven = shutil.which("mvn")
    if maven is None:
        raise Refused("no Maven: it fetches Kafka's jars (Debian: maven)")
    jars.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as place:
        new = Path(place) / "jars"
        command = [maven, "-B", "-q", "-f", str(DEPLOY / "pom.xml"), "dependency:copy-dependencies"]
        command += ["-DincludeScope=runtime", f"-DoutputDirectory={new}"]
        done = subprocess.run(  # noqa: S603 (a list, no shell)
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_FETCHING_WITHIN_S,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise Refused(f"Maven could not fetch Kafka:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        verify(new)
        if not jars.is_dir():  # somebody else may have been quicker
            new.rename(jars)
    return fetched()
