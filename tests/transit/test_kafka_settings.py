"""What the settings of the way to Kafka mean together, and what is refused before anything is sent."""

from pathlib import Path

import pytest

from services.intake.door import Door
from services.intake.publisher import Publisher
from services.intake.sending import PublishFailed
from services.transit.kafka import Broker, Mechanism, aiokafka_client, librdkafka_client
from services.transit.kafka_settings import broker_from
from services.transit.reading import BadTransit
from tests.intake.authority import Authority, Identity
from tests.intake.test_publisher import SITE

PASSWORD = "a password of this test"


@pytest.fixture
def house(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "house")


@pytest.fixture
def shown(house: Authority) -> Identity:
    return house.signed("worker")


def stated(**settings: object) -> dict[str, str]:
    return {f"DOSEWARDEN_{name}": str(value) for name, value in settings.items()}


def login(house: Authority, **more: object) -> dict[str, str]:
    way = stated(
        KAFKA="kafka:9094", KAFKA_PROTOCOL="SASL_SSL", KAFKA_CA=house.file,
        KAFKA_USERNAME="worker", KAFKA_PASSWORD=PASSWORD,
    )  # fmt: skip
    return way | stated(**more)


def test_nothing_said_is_a_broker_on_this_machine_in_clear() -> None:
    assert broker_from({}) == Broker("127.0.0.1:9092")
    assert aiokafka_client(broker_from({})) == {
        "bootstrap_servers": "127.0.0.1:9092", "security_protocol": "PLAINTEXT",
    }  # fmt: skip
    assert librdkafka_client("kafka:9092") == {
        "bootstrap.servers": "kafka:9092", "security.protocol": "PLAINTEXT",
    }  # fmt: skip


def test_a_login_is_said_to_each_client_in_its_own_words(house: Authority) -> None:
    found = broker_from(login(house))
    ours = aiokafka_client(found)
    assert ours.pop("ssl_context").check_hostname
    assert ours == {
        "bootstrap_servers": "kafka:9094", "security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "worker", "sasl_plain_password": PASSWORD,
    }  # fmt: skip
    assert librdkafka_client(found) == {
        "bootstrap.servers": "kafka:9094", "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "SCRAM-SHA-512",
        "sasl.username": "worker", "sasl.password": PASSWORD, "ssl.ca.location": str(house.file),
    }  # fmt: skip


def test_a_password_is_read_from_its_file_and_shown_nowhere(house: Authority, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    found = broker_from(login(house, KAFKA_PASSWORD="", KAFKA_PASSWORD_FILE=file))
    assert found.login is not None
    assert found.login.password == PASSWORD
    assert PASSWORD not in repr(found)
    assert f"{found}" == "kafka:9094"


@pytest.mark.parametrize("mechanism", list(Mechanism))
def test_the_mechanism_may_be_chosen(house: Authority, mechanism: Mechanism) -> None:
    found = broker_from(login(house, KAFKA_SASL_MECHANISM=mechanism.lower()))
    assert found.login is not None
    assert found.login.mechanism is mechanism


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"KAFKA_PROTOCOL": "TLS"}, "KAFKA_PROTOCOL must be one of"),
        ({"KAFKA_PROTOCOL": ""}, "KAFKA_CA is set"),
        ({"KAFKA_PROTOCOL": "SSL"}, "KAFKA_USERNAME is set"),
        ({"KAFKA_PROTOCOL": "SASL_PLAINTEXT"}, "KAFKA_CA is set"),
        ({"KAFKA_SASL_MECHANISM": "GSSAPI"}, "KAFKA_SASL_MECHANISM must be one of"),
        ({"KAFKA_USERNAME": ""}, "KAFKA_USERNAME and"),
        ({"KAFKA_PASSWORD": ""}, "KAFKA_PASSWORD_FILE"),
        ({"KAFKA_PASSWORD_FILE": "/nowhere"}, "KAFKA_PASSWORD_FILE are both set"),
        ({"KAFKA_PASSWORD": "", "KAFKA_PASSWORD_FILE": "/nowhere"}, "KAFKA_PASSWORD_FILE cannot be read"),
        ({"KAFKA_CA": "/nowhere"}, "files of DOSEWARDEN_KAFKA_CA"),
        ({"KAFKA_CERTIFICATE": "/nowhere"}, "KAFKA_CERTIFICATE and DOSEWARDEN_KAFKA_KEY go together"),
        ({"KAFKA_SASL_PASSWORD": PASSWORD}, "KAFKA_SASL_PASSWORD is no setting"),
        ({"PROFILE": "prod"}, "PROFILE must be development or production"),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_name(
    house: Authority, changed: dict[str, str], named: str
) -> None:
    with pytest.raises(BadTransit) as refused:
        broker_from(login(house, **changed))
    assert named in str(refused.value)
    assert PASSWORD not in str(refused.value)


def test_a_key_of_another_certificate_is_refused(house: Authority, shown: Identity) -> None:
    other = house.signed("other")
    settings = stated(
        KAFKA_PROTOCOL="SSL", KAFKA_CA=house.file, KAFKA_CERTIFICATE=shown.certificate, KAFKA_KEY=other.key
    )
    with pytest.raises(BadTransit, match="the key must be the certificate's"):
        broker_from(settings)


def test_in_production_the_way_is_encrypted_and_says_who_connects(house: Authority, shown: Identity) -> None:
    production = stated(PROFILE="production")
    with pytest.raises(BadTransit, match="the way to Kafka is not encrypted"):
        broker_from(production)
    clear = stated(KAFKA_PROTOCOL="SASL_PLAINTEXT", KAFKA_USERNAME="worker", KAFKA_PASSWORD=PASSWORD)
    with pytest.raises(BadTransit, match="the way to Kafka is not encrypted"):
        broker_from(production | clear)
    anonymous = stated(KAFKA_PROTOCOL="SSL", KAFKA_CA=house.file)
    with pytest.raises(BadTransit, match="does not say who connects"):
        broker_from(production | anonymous)
    certain = anonymous | stated(KAFKA_CERTIFICATE=shown.certificate, KAFKA_KEY=shown.key)
    assert broker_from(production | certain).protocol == "SSL"
    assert broker_from(production | login(house)).protocol == "SASL_SSL"


async def test_a_certificate_that_is_gone_later_is_told_as_a_kafka_out_of_reach(house: Authority) -> None:
    way = broker_from(login(house))
    house.file.unlink()
    with pytest.raises(PublishFailed, match="the certificates for Kafka cannot be read"):
        async with Publisher(way, SITE, Door()):
            pass
