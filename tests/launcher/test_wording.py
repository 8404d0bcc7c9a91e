"""Facts in the words of the ward."""

from datetime import timedelta

import pytest

from schemas.clinical import PatientFact
from services.launcher.wording import words_of
from tests.builders import (
    at,
    dose,
    encounter,
    in_words,
    observation,
    order,
    person,
    stopped,
    unreadable,
    voided,
)

TABLET = in_words("Baclofen 10 MG Oral Tablet")


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (dose("baclofen", "20 mg"), "given: baclofen 20 mg"),
        (dose(TABLET, "2.5 {tablet}"), "given: Baclofen 10 MG Oral Tablet, 2.5 tablets"),
        (dose(TABLET, "1 {tablet}"), "given: Baclofen 10 MG Oral Tablet, 1 tablet"),
        (dose("baclofen", "20 mg", done=False), "not given: baclofen"),
        (dose("baclofen", "20 mg", recorded_at=at(1)), "given: baclofen 20 mg at 08:00, charted later"),
        (
            voided(dose("baclofen", "50 mg"), at(1)),
            "taken back: baclofen 50 mg of 08:00 was charted in error",
        ),
        (order("baclofen", "10 mg", times=3), "ordered: baclofen 10 mg three times a day"),
        (
            order("oxycodone", "5 mg", every=timedelta(hours=6), as_needed=True),
            "ordered: oxycodone 5 mg every 6 h as needed",
        ),
        (stopped(order("baclofen"), at(1)), "stopped: baclofen"),
        (voided(order("baclofen"), at(1)), "order taken back: baclofen"),
        (observation("5643-2", "120 mg/dL"), "measured: 5643-2 120 mg/dL"),
        (encounter(ward="7 East"), "admitted to 7 East"),
        (person(50), "patient known: unknown, born 1976"),
        (unreadable("wrong-schema"), "a message could not be understood (wrong-schema)"),
    ],
)
def test_a_fact_reads_as_a_nurse_would_say_it(fact: PatientFact, words: str) -> None:
    assert words_of(fact) == words
