"""Signatures of webhook messages, and how a receiver verifies them.

The signature is HMAC-SHA256 over `timestamp.body` under the shared secret. A receiver refuses what is not
signed so, what is older than it tolerates (a replay), and what carries an idempotency key that it has seen.
"""

import hashlib
import hmac

SIGNATURE_HEADER = "DoseWarden-Signature"
TIMESTAMP_HEADER = "DoseWarden-Timestamp"
REPLAY_TOLERANCE_S = 300


def sign(secret: bytes, timestamp_s: int, body: bytes) -> str:
    """The signature header, for example "v1=5257a8..."."""
    return "v1=" + hmac.new(secret, str(timestamp_s).encode() + b"." + body, hashlib.sha256).hexdigest()


def verify(secret: bytes, timestamp: str, body: bytes, signature: str, now_s: int) -> bool:
    """Whether a message is ours, unchanged, and not older than `REPLAY_TOLERANCE_S` seconds."""
    if not timestamp.isascii() or not timestamp.isdigit() or abs(now_s - int(timestamp)) > REPLAY_TOLERANCE_S:
        return False
    return hmac.compare_digest(sign(secret, int(timestamp), body).encode(), signature.encode())


def opaque(secret: bytes, identifier: str) -> str:
    """A reference to a source's identifier that says nothing without the secret; 16 hexadecimal digits."""
    return hmac.new(secret, b"reference\x1f" + identifier.encode(), hashlib.sha256).hexdigest()[:16]
