"""A push message that only the browser can read: RFC 8291 upon RFC 8188, one record of `aes128gcm`."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_RECORD = 4096
_SALT_BYTES, _AUTH_BYTES = 16, 16
_LONGEST = _RECORD - 17
_LAST_RECORD = b"\x02"


@dataclass(frozen=True, slots=True)
class BrowserKeys:
    """The browser's public key (an uncompressed point, 65 bytes) and its secret of 16 bytes."""

    public: bytes
    auth: bytes


def from_base64(text: str) -> bytes:
    """Bytes of URL-safe base64, padded or not. Raises `ValueError`."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_base64(data: bytes) -> str:
    """URL-safe base64 without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as an uncompressed point."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    content: bytes,
    browser: BrowserKeys,
    *,
    ours: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body of the push request. `ours` and `salt` are new for each message.

    Raises `ValueError` for keys that are none, and for more than 4,079 bytes.
    """
    if len(content) > _LONGEST or len(browser.auth) != _AUTH_BYTES:
        raise ValueError("too much for one record, or a browser's secret of the wrong length")
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser.public)
    ours = ours or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(_SALT_BYTES)
    sender = point(ours.public_key())
    shared = ours.exchange(ec.ECDH(), theirs)
    info = b"WebPush: info\x00" + browser.public + sender
    material = _derived(shared, browser.auth, info, 32)
    key = _derived(material, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(material, salt, b"Content-Encoding: nonce\x00", 12)
    head = salt + _RECORD.to_bytes(4, "big") + bytes((len(sender),)) + sender
    return head + AESGCM(key).encrypt(nonce, content + _LAST_RECORD, None)


def _derived(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)
