"""How long the service takes to end: together less than the 10 s after which Docker kills it."""

ANSWERED_WITHIN_S = 5.0
"""Whoever still waits for Kafka then is told that it is not stored, to send it again."""
LEFT_WITHIN_S = 6
"""Connections that are still open then are closed: a body that trickles in, a peer that does not read."""
DISCONNECTED_WITHIN_S = 3.0
"""For the connection to Kafka to close."""
