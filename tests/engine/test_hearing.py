"""Who is asked again after a sign of life: whoever looked at one that may still come, and nobody else."""

from services.safety.checks.wards.signs_of_life import alive_at
from services.safety.engine.hearing import Heard
from services.safety.engine.state import Asked
from tests.builders import at

ASKED = Asked(0, "baclofen")


def heard() -> Heard:
    signs = Heard({"ward": at(5)})
    signs.asking = ASKED
    return signs


def test_a_sign_of_life_that_was_seen_is_nothing_to_be_asked_about_again() -> None:
    signs = heard()
    assert alive_at(signs, "ward", at(5))
    assert signs.readers == set()


def test_a_sign_of_life_that_may_still_come_is() -> None:
    for source, instant in (("ward", at(6)), ("laboratory", at(1))):
        signs = heard()
        assert not alive_at(signs, source, instant)
        assert signs.readers == {ASKED}
