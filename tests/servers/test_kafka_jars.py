"""Only the jars that were committed to are run."""

import hashlib
from pathlib import Path

import pytest

from services.launcher.servers import kafka_jars
from services.launcher.servers.child import Refused


@pytest.fixture
def jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two jars as they should be."""
    for name in ("kafka_2.13-4.1.1.jar", "scala-library.jar"):
        (tmp_path / name).write_bytes(name.encode())
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("*.jar")}
    monkeypatch.setattr(kafka_jars, "expected", lambda: sums)
    return tmp_path


def test_the_expected_jars_are_accepted(jars: Path) -> None:
    kafka_jars.verify(jars)
    assert len(kafka_jars.expected()) == 2


def test_a_changed_jar_is_refused_by_name(jars: Path) -> None:
    (jars / "scala-library.jar").write_bytes(b"other")
    with pytest.raises(Refused, match=r"scala-library\.jar"):
        kafka_jars.verify(jars)


def test_a_missing_jar_is_refused(jars: Path) -> None:
    (jars / "scala-library.jar").unlink()
    with pytest.raises(Refused, match=r"scala-library\.jar"):
        kafka_jars.verify(jars)


def test_a_jar_too_many_is_refused(jars: Path) -> None:
    (jars / "stranger.jar").write_bytes(b"stranger")
    with pytest.raises(Refused, match=r"stranger\.jar"):
        kafka_jars.verify(jars)


def test_the_release_is_read_from_the_committed_list() -> None:
    assert kafka_jars.version() == "4.1.1"
    assert f"<version>{kafka_jars.version()}</version>" in (kafka_jars.DEPLOY / "pom.xml").read_text()


def test_a_machine_without_java_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(Refused, match="default-jre-headless"):
        kafka_jars.java()
