"""Damaged and invented requests over HTTP: each is accepted as valid or refused with a reason."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.damaging import damaged
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.http_door import opened
from tests.intake.test_intake_service import Running

pytestmark = pytest.mark.embedded
REFUSED = {400, 413, 422}
WITHIN_S = 300.0
ROOT = Path(__file__).parents[2]
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


def reasons(answer: httpx.Response) -> list[str]:
    """The sentences of all errors in an answer."""
    body = answer.json()
    if body["resourceType"] == "Parameters":
        (body,) = [item["resource"] for item in body["parameter"] if item["name"] == "outcome"]
    return [issue["diagnostics"] for issue in body["issue"] if issue["severity"] == "error"]


def test_a_damaged_request_is_taken_or_refused_with_a_reason(embedded_broker: EmbeddedBroker) -> None:
    with asyncio.Runner() as runner:
        door = opened(embedded_broker)
        client = runner.run(door.__aenter__())

        @settings(max_examples=400)
        @given(seed=st.integers(0, 2**32))
        def holds(seed: int) -> None:
            request = damaged(random.Random(seed))
            headers = {"content-type": request.media}
            answer = runner.run(client.http.post(request.place, content=request.body, headers=headers))
            assert answer.status_code in REFUSED | {200, 201}, (answer.status_code, request.how)
            if answer.status_code in REFUSED:
                assert all(reasons(answer)) and reasons(answer)

        holds()
        runner.run(door.__aexit__(None, None, None))


@pytest.mark.slow
def test_the_openapi_document_is_true(embedded_broker: EmbeddedBroker, tmp_path: Path) -> None:
    running = Running(embedded_broker, tmp_path / "intake.log")
    try:
        asyncio.run(running.ready())
        said = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"), "run", f"{running.url}/openapi.json",
                "--checks", CHECKS, "--max-examples", "40", "--seed", "4", "--no-color",
            ],
            env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.intake.line_serializer", "PYTHONPATH": str(ROOT)},
            capture_output=True, text=True, timeout=WITHIN_S, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert running.process.poll() is None
    finally:
        running.process.kill()
        running.process.wait()
    assert said.returncode == 0, said.stdout
