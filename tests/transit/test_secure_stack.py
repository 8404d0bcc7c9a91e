"""All services in the profile `production`: an overdose comes in by Kafka, and an alert stands in Redis."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from schemas.identity import SiteKey
from schemas.topics import DOSE_EVENTS
from services.launcher.servers.child import free_port
from services.transit.kafka import Mechanism, aiokafka_client
from services.transit.kafka_settings import broker_from
from tests.intake.authority import Authority
from tests.stack.running import SECRET, Stack, eventually
from tests.transit.secure_servers import SecureKafka, SecureRedis

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.slow]
SERVICES = (("intake",), ("intake", "kafka"), ("safety",), ("notifier",))


@pytest.fixture(params=["by name and password", "by certificate"])
def stack(
    request: pytest.FixtureRequest,
    secure_kafka: SecureKafka,
    secure_redis: SecureRedis,
    authority: Authority,
    tmp_path: Path,
) -> Iterator[Stack]:
    """All services over servers that speak TLS only."""
    by_name = request.param == "by name and password"
    way = (
        secure_kafka.environment(Mechanism.SCRAM_SHA_512)
        if by_name
        else secure_kafka.environment_with(authority.signed("worker"))
    )
    settings = {
        **way,
        **secure_redis.environment(),
        "DOSEWARDEN_PROFILE": "production",
        "DOSEWARDEN_TIME_DOMAIN": "live",
        "DOSEWARDEN_INTAKE_HTTP": f"127.0.0.1:{free_port()}",
        "DOSEWARDEN_SAFETY_GROUP": "dosewarden-safety",
    }
    made = Stack(secure_kafka.inside.bootstrap, secure_redis.url, tmp_path, settings=settings)
    yield made
    made.close()


def overdose(patient: str) -> bytes:
    """200 mg of baclofen at once, a minute ago."""
    now = datetime.now(UTC)
    given = (now - timedelta(minutes=1)).isoformat()
    return json.dumps(
        {
            "kind": "administration", "event_id": f"overdose-{patient}", "patient": patient,
            "entity": f"dose/{patient}", "effective_at": given, "recorded_at": given,
            "received_at": now.isoformat(), "source": "emar", "route": "oral",
            "medication": {"codings": [{"system": "rxnorm", "code": "1292", "display": "baclofen"}]},
            "dose": {"value": "200", "unit": "mg"},
        }
    ).encode()  # fmt: skip


def test_an_overdose_becomes_an_alert_and_no_password_is_in_a_log(
    stack: Stack, secure_kafka: SecureKafka, secure_redis: SecureRedis
) -> None:
    patient = uuid4().hex
    key = SiteKey(SECRET.encode()).patient_key(patient)
    stack.run("topics", "--partitions", "4")
    for command in SERVICES:
        stack.start(*command)

    async def bring() -> None:
        way = broker_from(stack.environment)
        async with AIOKafkaProducer(**aiokafka_client(way)) as producer:
            await producer.send_and_wait(DOSE_EVENTS.name, overdose(patient))

    def told() -> bool:
        for process in stack.started:
            assert process.poll() is None, "a service ended"
        listed = json.loads(stack.run("alerts", "list", "--json"))
        return any((alert["check"], alert["patient"]) == ("cumulative-dose", key) for alert in listed)

    asyncio.run(bring())
    eventually(told, "the overdose is an alert")
    logs = "".join(log.read_text() for log in stack.directory.glob("*.log"))
    for secret in (secure_kafka.password, secure_redis.password):
        assert secret.read_text().strip() not in logs
