"""A browser that subscribed to push messages: it has keys, and reads what is sent to it."""

import json
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.notifier.channels.push_encryption import point, to_base64


def new_key(curve: ec.EllipticCurve | None = None) -> bytes:
    """A private key in PEM, on P-256 where no other curve is asked for."""
    return ec.generate_private_key(curve or ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )


class Browser:
    """Its subscription leads to `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = bytes(range(16))

    def subscribe(self, directory: Path, reference: str) -> None:
        """Leaves its subscription where the site keeps them."""
        keys = {"p256dh": to_base64(point(self._key.public_key())), "auth": to_base64(self._auth)}
        content = {"endpoint": self._endpoint, "expirationTime": None, "keys": keys}
        (directory / f"{reference}.json").write_text(json.dumps(content))

    def read(self, body: bytes) -> bytes:
        """The content of a push message, as RFC 8291 lets a browser read it."""
        salt, length = body[:16], body[20]
        assert int.from_bytes(body[16:20], "big") >= len(body) - 21 - length
        sender, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self._key.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        )
        ours = point(self._key.public_key())
        material = self._hkdf(shared, self._auth, b"WebPush: info\0" + ours + sender, 32)
        key = self._hkdf(material, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = self._hkdf(material, salt, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0")
        assert padded.endswith(b"\x02")
        return padded[:-1]

    @staticmethod
    def _hkdf(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
        return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)
