"""How often one telling is tried."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often one telling is tried, and the seconds between: doubling from `first_s` up to `longest_s`."""

    attempts: int = 10
    first_s: float = 1.0
    longest_s: float = 30.0

    def wait_s(self, attempt: int) -> float:
        """The wait after attempt number `attempt`, from 1."""
        return float(min(self.first_s * 2 ** (attempt - 1), self.longest_s))
