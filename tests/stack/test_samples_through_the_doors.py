"""The sample data of others through the real doors of running services: intake, a broker and a safety worker.

`door_outcomes.yaml` has each file's answer in counts and reasons, each read and agreed with by a person, and
`mllp_samples.json` those of the messages; what a person reads in the files has to stand in the ledger.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from schemas.clinical import CLINICAL_EVENT, PatientFact
from schemas.identity import SiteKey
from schemas.topics import PATIENT_EVENTS
from services.launcher.servers.child import free_port
from services.launcher.servers.embedded_broker import EmbeddedBroker
from tests.intake.in_words import all_in_words
from tests.intake.writing import SAMPLES
from tests.stack.doors import WITHIN_S, sent_by_http, sent_by_mllp
from tests.stack.ledgers import in_the_ledger, last_offsets, ledgers
from tests.stack.running import SECRET, Stack, eventually

pytestmark = [pytest.mark.embedded, pytest.mark.slow]
EXPECTED = Path(__file__).parents[1] / "intake" / "expected"
OUTCOMES: dict[str, Any] = yaml.safe_load((EXPECTED / "door_outcomes.yaml").read_text())
FACTS: dict[str, list[str]] = yaml.safe_load((EXPECTED / "fhir_facts.yaml").read_text())
MESSAGES: dict[str, str] = json.loads((EXPECTED.parent / "examples" / "mllp_samples.json").read_text())[
    "answers"
]
IN_THEIR_TIME = dict.fromkeys(("msfhirconv_ADT-A02-01", "msfhirconv_ADT-A03-01"), "AE E:future-event x1")
"""In simulated time a message is received when it was sent (MSH-7); in these two something happened later."""
NO_REDIS = "redis://127.0.0.1:1"
PRUNED = {f"MedicationAdministration-medadmin{number}.json" for number in ("0304", "0310", "0312")}
"""Given to a patient whose newest order is of a year later, so that no check asks for them any more: they are
looked for on the topic.
"""


@pytest.fixture
def stack(embedded_broker: EmbeddedBroker, tmp_path: Path) -> Iterator[Stack]:
    """Intake with both doors, and safety."""
    if not (SAMPLES / "hl7v2").is_dir():
        pytest.skip("the sample data is not there")
    http, mllp = (f"127.0.0.1:{free_port()}" for _ in range(2))
    settings = {"DOSEWARDEN_INTAKE_HTTP": http, "DOSEWARDEN_INTAKE_MLLP": mllp}
    made = Stack(embedded_broker.bootstrap, NO_REDIS, tmp_path, settings=settings)
    made.start("intake")
    made.start("safety")
    yield made
    made.close()


def ready(http: httpx.Client) -> bool:
    try:
        return http.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def entity_of(name: str) -> str:
    resource = json.loads((SAMPLES / "fhir_r4_spec" / name).read_bytes())
    return f"{resource['resourceType']}/{resource['id']}"


def of_entity(facts: list[PatientFact], entity: str) -> list[str]:
    """What is known of an entity and of its components, in words."""
    found = [fact for fact in facts if fact.entity.partition("#")[0] == entity]
    return all_in_words(sorted(found, key=lambda fact: fact.entity))


def on_the_topic(stack: Stack) -> list[PatientFact]:
    events = [CLINICAL_EVENT.validate_json(message.value()) for message in stack.read(PATIENT_EVENTS.name)]
    return [event for event in events if isinstance(event, PatientFact)]


def test_every_file_is_answered_as_a_person_agrees_and_what_it_says_reaches_the_ledger(stack: Stack) -> None:
    with httpx.Client(
        base_url=f"http://{stack.settings['DOSEWARDEN_INTAKE_HTTP']}", timeout=WITHIN_S
    ) as http:
        eventually(lambda: ready(http), "the door is open")
        answers = {
            folder: {
                file.name: sent_by_http(http, file) for file in sorted((SAMPLES / folder).glob("*.json*"))
            }
            for folder in OUTCOMES
        }
    port = int(stack.settings["DOSEWARDEN_INTAKE_MLLP"].rpartition(":")[2])
    messages = sent_by_mllp(port, sorted((SAMPLES / "hl7v2").glob("*.hl7")))
    assert answers == OUTCOMES
    assert messages == MESSAGES | IN_THEIR_TIME

    sent = last_offsets(stack)
    eventually(lambda: in_the_ledger(stack, sent), "everything is in the ledger")
    facts = [fact for known in ledgers(stack, SiteKey(SECRET.encode())).values() for fact in known.values()]
    kept = [name for name in FACTS if name not in PRUNED]
    assert len(kept) >= 40
    assert {name: of_entity(facts, entity_of(name)) for name in kept} == {name: FACTS[name] for name in kept}
    told = on_the_topic(stack)
    assert {name: of_entity(told, entity_of(name)) for name in PRUNED} == {
        name: FACTS[name] for name in PRUNED
    }
    assert all(process.poll() is None for process in stack.started)
