"""What follows an attempt: again, by the person's next channel, or given up. Pure."""

from dataclasses import dataclass

from services.notifier.channels import Attempt, Outcome
from services.notifier.telling.retrying import RetryPolicy

LOUDEST_S = 2.5
OTHERS_S = 8.0


@dataclass(frozen=True, slots=True)
class Following:
    """`again_s`: seconds until the next attempt by the same channel; None when there is none.

    `next_channel`: the person's next channel is to be used as well, since this one does not do in time. The
    same channel goes on being tried: nothing is told once the alert was answered.
    """

    again_s: float | None
    next_channel: bool


def patience_s(tier: int) -> float:
    """Seconds from the first attempt in which a channel has to do, or the next one is used as well."""
    return LOUDEST_S if tier <= 1 else OTHERS_S


def after(attempt: Attempt, number: int, elapsed_s: float, tier: int, retry: RetryPolicy) -> Following:
    """What follows attempt `number` (from 1), `elapsed_s` after the first one began."""
    if attempt.outcome in (Outcome.DELIVERED, Outcome.SENT):
        return Following(None, next_channel=False)
    if attempt.outcome is Outcome.REFUSED or number >= retry.attempts:
        return Following(None, next_channel=True)
    wait_s = retry.wait_s(number) if attempt.wait_s is None else attempt.wait_s
    return turned_away(wait_s, elapsed_s, tier)


def turned_away(wait_s: float, elapsed_s: float, tier: int) -> Following:
    """What follows when the channel may be tried only in `wait_s` seconds."""
    return Following(wait_s, next_channel=elapsed_s + wait_s > patience_s(tier))
