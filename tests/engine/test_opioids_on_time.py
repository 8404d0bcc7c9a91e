"""Opioids given on time: the load that nobody asks for after each of them is the one that asking gives."""

from datetime import datetime, timedelta
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from schemas.clinical import PatientFact
from services.safety.checks.amounts.by_body import view_of
from services.safety.checks.amounts.worked_out import judged
from services.safety.checks.judgement import SILENT
from services.safety.checks.opioids.opioid_load import OpioidsTogether
from services.safety.engine.state import Asked, PatientState
from services.safety.ledger.folding import folded
from tests.brief_rules import RULED
from tests.builders import at, dose, order
from tests.checks.test_further_dose import told
from tests.engine.ward import engine

CHECK: Any = OpioidsTogether()
SIX_HOURLY = timedelta(hours=6)


def ordered(drug: str, amount: str, *, as_needed: bool = False, hours: int = 6) -> PatientFact:
    every = timedelta(hours=hours)
    return order(drug, amount, at(-1), every=every, as_needed=as_needed, entity=f"order-{drug}")


def given_at(drug: str, amount: str, when: datetime, late: int = 0) -> PatientFact:
    """A dose under the order of its drug, charted so many minutes later."""
    known = when + timedelta(minutes=late)
    name = f"{drug}-{when:%d-%H-%M}"
    return dose(drug, amount, when, order=f"order-{drug}", entity=name, recorded_at=known, received_at=known)


def on_time(drug: str, amount: str, *numbers: int, minutes: int = 5) -> list[PatientFact]:
    """The doses with these numbers of an order every six hours, so many minutes after they are due."""
    return [given_at(drug, amount, at(-1, minutes=minutes) + number * SIX_HOURLY) for number in numbers]


def stepped(story: list[PatientFact]) -> list[PatientState]:
    """The state after each statement in order of receipt, judged by the opioid load alone."""
    judging = engine(knowledge=RULED, checks=(CHECK,))
    states: list[PatientState] = []
    state: PatientState | None = None
    for fact in sorted(story, key=lambda each: each.received_at):
        state = judging.step(state, fact).state
        states.append(state)
    return states


def promised(state: PatientState) -> set[str]:
    """The drugs of which a further dose on time is not looked at."""
    assert state.judgements is not None
    return {drug for drug, known in state.judgements.going_on.items() if known.on_time}


@st.composite
def opioid_wards(draw: st.DrawFn) -> list[PatientFact]:
    """One to three opioids as they are ordered, each dose some minutes early or late, some otherwise."""
    facts: list[PatientFact] = []
    for drug in draw(
        st.sampled_from((("morphine",), ("morphine", "oxycodone"), ("hydrocodone", "morphine", "oxycodone")))
    ):
        amount, hours = (
            draw(st.sampled_from(("5 mg", "10 mg", "15 mg", "30 mg"))),
            draw(st.sampled_from((4, 6, 6, 8, 12))),
        )
        as_needed = draw(st.sampled_from((False, False, False, True)))
        facts.append(ordered(drug, amount, as_needed=as_needed, hours=hours))
        shift = draw(st.sampled_from((0, 0, -30, 20)))
        for place in range(draw(st.integers(6, 16))):
            if draw(st.integers(0, 9)) == 0:
                continue
            minutes = shift + draw(st.sampled_from((1, 5, 15, 5, -20, 50, 75)))
            late = draw(st.sampled_from((*8 * (0,), 100, 1500)))
            mine = draw(st.sampled_from((*8 * (amount,), "15 mg")))
            when = at(-1, minutes=minutes) + (place + 1) * timedelta(hours=hours)
            facts.append(given_at(drug, mine, when, late))
    return facts


@given(story=opioid_wards(), part=st.integers(0, 100))
@settings(max_examples=100)
def test_the_load_that_is_held_is_the_one_that_asking_gives(story: list[PatientFact], part: int) -> None:
    """After each statement, then and at a part (of 100) of the time until the next review."""
    states = stepped(story)
    event("promised" if any(map(promised, states)) else "nothing promised")
    ordered_story = sorted(story, key=lambda each: each.received_at)
    for place, state in enumerate(states):
        anew, held = folded(ordered_story[: place + 1], RULED), state.judgements
        assert held is not None
        until = held.next_review or state.now + timedelta(days=2)
        for instant in (state.now, state.now + (until - timedelta.resolution - state.now) * part / 100):
            asked = judged(CHECK, view_of(anew, RULED, instant, state.alive), "")
            assert told(asked.findings) == told(held.answers.get(Asked(0, ""), SILENT).findings), instant


def test_doses_on_time_are_promised_once_both_drugs_are_given_as_they_are_scheduled() -> None:
    doses = [*range(1, 12)]
    story = [ordered("morphine", "15 mg"), ordered("oxycodone", "5 mg")]
    story += on_time("morphine", "15 mg", *doses) + on_time("oxycodone", "5 mg", *doses, minutes=7)
    assert promised(stepped(story)[-1]) == {"morphine", "oxycodone"}


def test_a_dose_as_needed_ends_what_is_promised_of_the_scheduled_ones() -> None:
    doses = [*range(1, 12)]
    story = [ordered("morphine", "15 mg"), ordered("oxycodone", "5 mg", as_needed=True)]
    story += on_time("morphine", "15 mg", *doses)
    *_, before, last = stepped([*story, given_at("oxycodone", "5 mg", at(66))])
    assert promised(before) == {"morphine"}
    assert promised(last) == set()


def test_a_dose_off_its_time_ends_the_promise_and_is_told_where_it_is_too_much() -> None:
    story = [ordered("morphine", "30 mg"), *on_time("morphine", "30 mg", *range(1, 12))]
    *_, before, last = stepped([*story, given_at("morphine", "30 mg", at(67))])
    assert promised(before) == {"morphine"}
    assert promised(last) == set()
    (told_before,), (told_now,) = before.open_issues(), last.open_issues()
    assert (told_before.evidence["total"], told_now.evidence["total"]) == ("120", "150")


def test_a_drug_that_is_missed_for_a_day_is_no_longer_among_those_that_add_up() -> None:
    story = [ordered("morphine", "5 mg", hours=4), ordered("oxycodone", "30 mg", hours=8)]
    story += [given_at("morphine", "5 mg", at(hour, minutes=1)) for hour in (19, 23)]
    story += [given_at("oxycodone", "30 mg", at(hour, minutes=1)) for hour in (23, 39, 47)]
    held = stepped(story)[-1].judgements
    assert held is not None
    assert [finding.subjects for finding in held.answers[Asked(0, "")].findings] == [("oxycodone",)]
