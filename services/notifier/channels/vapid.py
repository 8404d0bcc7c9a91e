"""How a push service knows who sends: RFC 8292, a token signed by the site's key for each service."""

from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.notifier.channels.push_encryption import point, to_base64

_VALID_S = 12 * 3600


class BadKey(ValueError):
    """The file holds no private key on the curve P-256."""


class Vapid:
    """The site's key, from PEM, and the address at which push services reach the site. Raises `BadKey`."""

    def __init__(self, pem: bytes, contact: str) -> None:
        try:
            key = load_pem_private_key(pem, None)
        except (ValueError, TypeError) as error:
            raise BadKey("this is not a private key in PEM without a password") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise BadKey("the key is not on the curve P-256")
        self._key = key
        self._contact = contact

    @property
    def public(self) -> str:
        """What a browser is given as `applicationServerKey`."""
        return to_base64(point(self._key.public_key()))

    def authorization(self, endpoint: str, now_s: float) -> str:
        """The Authorization header for a push service; good for twelve hours, for that service only."""
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int(now_s) + _VALID_S,
            "sub": f"mailto:{self._contact}",
        }
        return f"vapid t={jwt.encode(claims, self._key, algorithm='ES256')}, k={self.public}"
