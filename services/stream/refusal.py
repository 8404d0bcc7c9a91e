"""Why a worker stops for good: a restart would only repeat it, so somebody has to act first.

Everything else that ends a worker (Kafka gone, a lease expired, a fence) is cured by starting it again.
"""


class Refusal(RuntimeError):
    """The worker will not run as things stand; the message says what to do."""
