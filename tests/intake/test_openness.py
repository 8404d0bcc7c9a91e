"""What the service says at its start about who may get in."""

import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from schemas.base import TimeDomain
from services.intake.mllp.settings import MllpSettings
from services.intake.openness import tell_who_may_enter
from services.intake.settings import Address, Settings
from tests.intake.sourced import declared

MLLP = MllpSettings(Address("127.0.0.1", 2575))
EHR = "name: ehr, certificate: {san: 'DNS:ehr'}, facilities: any, kinds: any"
PUMP = "name: pump, address: 10.1.2.3, facilities: any, kinds: any"


def test_without_sources_each_door_is_said_to_be_open_where_time_is_live(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tell_who_may_enter(Settings(), MLLP, None)
    assert [place in message for message, place in zip(caplog.messages, ("8180", "2575"), strict=True)] == [
        True,
        True,
    ]
    assert all("nobody is asked who they are" in message for message in caplog.messages)


@pytest.mark.parametrize(("host", "warnings"), [("127.0.0.1", 0), ("0.0.0.0", 1)])
def test_a_demonstration_on_this_machine_warns_of_nothing(
    caplog: pytest.LogCaptureFixture, host: str, warnings: int
) -> None:
    shown = replace(Settings(), time_domain=TimeDomain.SIMULATED, http=Address(host, 8180), network=True)
    tell_who_may_enter(shown, None, None)
    assert len(caplog.messages) == warnings


def test_a_source_that_no_open_door_asks_for_its_proof_is_named(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    settings = replace(Settings(), sources=declared(tmp_path, EHR, PUMP))
    tell_who_may_enter(settings, None, None)
    assert [message.split()[0] for message in caplog.messages] == ["ehr", "pump"]
    assert all("can get in at no door" in message for message in caplog.messages)
    caplog.clear()
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    asking.verify_mode = ssl.CERT_OPTIONAL
    tell_who_may_enter(settings, MLLP, asking)
    assert caplog.messages == ["MLLP: whoever has an address of 10.1.2.3/32 is taken for pump"]
