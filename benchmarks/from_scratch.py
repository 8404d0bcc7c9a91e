"""Judging by change against judging from scratch, over many stories with the shipped knowledge and two wards
of their own tolerance, hours and clocks.

    python -m benchmarks.from_scratch [STORIES] [FIRST_SEED]

Exit 1 where one differs; it prints the seed, the place in the story and what differs.
"""

import sys
from collections import Counter
from dataclasses import replace

from services.safety.engine.assessment import summed_up
from services.safety.knowledge.loader import load
from tests.brief_wards import WARDS
from tests.engine.shipped_stories import Stories
from tests.engine.test_incremental import shape
from tests.engine.ward import engine


def main(stories: int = 2_000, first: int = 0) -> int:
    """Prints each difference, and how many stories ended with a finding of each check."""
    shipped = load()
    policy = shipped.policy.model_copy(update={"wards": WARDS})
    knowledge = replace(shipped, policy=policy)
    told, judging = Stories(knowledge), engine(knowledge=knowledge)
    different = events = 0
    found: Counter[str] = Counter()
    for seed in range(first, first + stories):
        state = None
        for place, event in enumerate(told.story(seed)):
            events += 1
            state = judging.step(state, event).state
            by_change = shape(summed_up(state.judgements)) if state.judgements is not None else []
            scratch = shape(judging.assess(state.ledger, state.now, state.alive))
            if by_change != scratch:
                different += 1
                print(f"seed {seed}, event {place} ({event.kind})")
                print("  by change only:", [item for item in by_change if item not in scratch])
                print("  from scratch only:", [item for item in scratch if item not in by_change])
                break
        else:
            found.update({item[0] for item in by_change})
    print(f"{stories} stories from seed {first}, {events} events, {different} differences")
    print(", ".join(f"{check} {count}" for check, count in found.most_common()))
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(*(int(argument) for argument in sys.argv[1:3])))
