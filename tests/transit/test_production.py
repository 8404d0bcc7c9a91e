"""In the profile `production` no service starts over a way that others may read or write."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (("intake",), ("intake", "kafka"), ("safety",), ("notifier",), ("topics",), ("rejected", "list"))


def ended(*command: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {f"DOSEWARDEN_{name}": value for name, value in settings.items()}
    return subprocess.run(
        [sys.executable, "-m", "services.cli.main", *command],
        env=os.environ | {"DOSEWARDEN_SITE_KEY": "a key of this test only"} | environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_in_clear_it_refuses_and_names_the_cure(command: tuple[str, ...]) -> None:
    refused = ended(*command, PROFILE="production")
    assert refused.returncode == 2
    assert "DOSEWARDEN_PROFILE is production, and the way to Kafka is not encrypted" in refused.stderr
    assert "SASL_SSL" in refused.stderr


def test_alerts_are_not_looked_at_in_clear() -> None:
    refused = ended("alerts", "list", PROFILE="production")
    assert refused.returncode == 2
    assert "the way to Redis is not encrypted" in refused.stderr


def test_the_demonstration_is_not_run_in_production() -> None:
    refused = ended("up", "--demo", PROFILE="production")
    assert refused.returncode == 2
    assert "`up` is a demonstration in clear" in refused.stderr


def test_no_client_of_kafka_is_made_but_by_the_way_that_is_configured() -> None:
    """A client that is given addresses alone would speak in clear, whatever the settings say."""
    named = re.compile(r"bootstrap_servers\s*=|[\"']bootstrap\.servers[\"']")
    texts = {path.as_posix(): path.read_text("utf-8") for path in Path("services").rglob("*.py")}
    found = {path for path, text in texts.items() if named.search(text)}
    # The last one asks a broker that the launcher itself started, on loopback, whether it is up.
    assert found == {"services/transit/kafka.py", "services/launcher/servers/real_kafka.py"}
