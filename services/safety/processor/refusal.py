"""Why a worker stops for good: a restart would only repeat it, so somebody has to act first.

Everything else that ends a worker (Kafka gone, a lease expired, a fence) is cured by starting it again.
"""


class Refusal(RuntimeError):
    """The worker will not run as things stand; the message says what to do."""


class LedgerMismatch(Refusal):
    """The changelog does not belong to the log that is there now, or parts of it are gone."""


class LedgerUnreadable(Refusal):
    """The core cannot restore a patient from the changelog."""


class TooManyRejects(Refusal):
    """So many records could not be understood that the fault is not in single records."""
