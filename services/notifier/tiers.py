"""From severity to tier, as the site's policy file says. Loaded strictly, once, at the start."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from schemas.base import Severity

SHIPPED_TIERS = Path(__file__).parents[2] / "deploy" / "policies" / "tiers.yaml"
SILENT_TIER = 4
"""The tier that is listed and never pages."""


class BadTierPolicy(ValueError):
    """The policy file cannot be used; the message names the file and what to mend."""


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """Which tier a severity has, and how many tiers a high-alert drug moves up."""

    tiers: Mapping[Severity, int]
    high_alert_steps_up: int

    def tier(self, severity: Severity, high_alert: bool) -> int:
        """1 (loudest) to 4 (never paged). What is never paged does not begin to page for being high-alert."""
        tier = self.tiers[severity]
        if not high_alert or tier == SILENT_TIER:
            return tier
        return max(1, tier - self.high_alert_steps_up)


def load_tiers(path: Path) -> TierPolicy:
    """The policy in a YAML file. Raises `BadTierPolicy`."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise BadTierPolicy(f"{path}: cannot be read as YAML: {error}") from error
    if not isinstance(document, dict) or set(document) != {"tiers", "high_alert_steps_up"}:
        raise BadTierPolicy(f"{path}: needs exactly the fields `tiers` and `high_alert_steps_up`")
    tiers, steps = document["tiers"], document["high_alert_steps_up"]
    if not isinstance(tiers, dict) or set(tiers) != {severity.value for severity in Severity}:
        raise BadTierPolicy(f"{path}: `tiers` needs exactly one line for each of {', '.join(Severity)}")
    for severity, tier in tiers.items():
        if type(tier) is not int or not 1 <= tier <= SILENT_TIER:
            raise BadTierPolicy(f"{path}: tier of {severity} must be a whole number from 1 to {SILENT_TIER}")
    if tiers[Severity.MINOR] != SILENT_TIER:
        raise BadTierPolicy(
            f"{path}: minor must have tier {SILENT_TIER}: advisory findings are listed, never paged"
        )
    if type(steps) is not int or not 0 <= steps < SILENT_TIER:
        raise BadTierPolicy(f"{path}: `high_alert_steps_up` must be 0 to {SILENT_TIER - 1}")
    return TierPolicy({Severity(name): tier for name, tier in tiers.items()}, steps)
