"""What a worker takes from its environment, and what it refuses to start with."""

import pytest

from schemas.medications import Route
from services.safety.core import LedgerCore
from services.safety.knowledge.models import LimitKind
from services.safety.processor.settings import Settings
from services.safety.processor.worker import main, real_core

KEY = {"DOSEWARDEN_SITE_KEY": "a site key of the test"}


def test_the_facility_is_in_utc_unless_its_zone_is_named() -> None:
    assert Settings.from_environment(KEY).zone == "UTC"
    named = Settings.from_environment(KEY | {"DOSEWARDEN_ZONE": "Europe/Berlin"})
    assert named.zone == "Europe/Berlin"
    in_berlin, in_utc = real_core(named), real_core(Settings.from_environment(KEY))
    assert isinstance(in_berlin, LedgerCore)
    assert isinstance(in_utc, LedgerCore)
    assert in_berlin.engine.knowledge.zone.key == "Europe/Berlin"
    assert in_utc.engine.knowledge.zone.key == "UTC"


def test_the_rows_are_those_of_the_united_states_unless_another_country_is_named() -> None:
    most = {}
    for settings in (Settings.from_environment(KEY), named_country("GB")):
        core = real_core(settings)
        assert isinstance(core, LedgerCore)
        limits = core.engine.knowledge.limits("baclofen", LimitKind.DAILY)
        most[settings.jurisdiction] = {str(row.value) for row in limits if Route.ORAL in row.routes}
    assert most["US"] == {"80 mg"}
    assert "100 mg" in most["GB"] and "80 mg" not in most["GB"]


def named_country(country: str) -> Settings:
    return Settings.from_environment(KEY | {"DOSEWARDEN_JURISDICTION": country})


def test_a_worker_does_not_start_in_a_zone_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(KEY | {"DOSEWARDEN_ZONE": "Europe/Nowhere"}) == 2
    assert "write an IANA name" in capsys.readouterr().err
