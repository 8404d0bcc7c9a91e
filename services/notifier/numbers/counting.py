"""The figures of a group of episodes, and the groups."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from services.notifier.numbers.episodes import Episode
from services.notifier.numbers.figures import Rate, Share, Spread

FEW_TRUE = 0.2
"""A rule below this share, counted over `ENOUGH_ALERTS` or more, wants a review."""

ENOUGH_ALERTS = 50


class By(StrEnum):
    """What episodes are grouped by."""

    RULE = "rule"
    WARD = "ward"
    TIER = "tier"


_GROUPS: Mapping[By, Callable[[Episode], str]] = {
    By.RULE: lambda episode: episode.check or "not known",
    By.WARD: lambda episode: episode.ward or "no ward",
    By.TIER: lambda episode: str(episode.tier) if episode.tier else "not known",
}


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted of a group. docs/numbers.md defines each figure."""

    alerts: int
    paged: int
    pages: int
    tellings: int
    failed_tellings: int
    retractions_told: int
    time_to_ack: Spread
    unanswered: Share
    overridden: Share
    repeats: Share
    withdrawn: Share
    positive_predictive_value: Share
    pages_per_100_patient_days: Rate

    @property
    def wants_review(self) -> bool:
        """Whether so few of so many findings were acted on that its rule should be looked at."""
        value = self.positive_predictive_value.value
        return (
            value is not None
            and self.positive_predictive_value.denominator >= ENOUGH_ALERTS
            and value < FEW_TRUE
        )


def numbers_of(episodes: Iterable[Episode], patient_days: float | None = None) -> Numbers:
    """The figures of these episodes; `patient_days` of the same time and wards, where they are known."""
    every = list(episodes)
    paged = [episode for episode in every if episode.pages]
    pages = sum(episode.pages for episode in every)
    judged = [e for e in paged if e.ended and e.ended != "moved" and e.ended_by_a_fact is not None]
    return Numbers(
        alerts=len(every),
        paged=len(paged),
        pages=pages,
        tellings=sum(episode.tellings for episode in every),
        failed_tellings=sum(episode.failed_tellings for episode in every),
        retractions_told=sum(episode.retractions_told for episode in every),
        time_to_ack=Spread.of([seconds for episode in paged for seconds in episode.to_ack_s]),
        unanswered=Share(sum(not episode.answered for episode in paged), len(paged)),
        overridden=Share(sum(episode.overridden for episode in paged), len(paged)),
        repeats=Share(sum(episode.repeats for episode in every), pages),
        withdrawn=Share(sum(episode.ended == "withdrawn" for episode in paged), len(paged)),
        positive_predictive_value=Share(
            sum(e.ended == "resolved" and bool(e.ended_by_a_fact) for e in judged), len(judged)
        ),
        pages_per_100_patient_days=Rate(pages, patient_days),
    )


def grouped(episodes: Iterable[Episode], by: By) -> dict[str, Numbers]:
    """The figures of each group, in the order of their names."""
    groups: dict[str, list[Episode]] = {}
    for episode in episodes:
        groups.setdefault(_GROUPS[by](episode), []).append(episode)
    return {name: numbers_of(groups[name]) for name in sorted(groups)}
