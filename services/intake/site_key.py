"""The site's key from the environment: the secret under which patient keys and issue ids are made."""

from collections.abc import Mapping
from pathlib import Path

from schemas.identity import SiteKey

_SHORTEST = 16


class NoSiteKey(ValueError):
    """There is no usable site key; the message says how to give one."""


def site_key(environment: Mapping[str, str]) -> SiteKey:
    """The key in DOSEWARDEN_SITE_KEY_FILE or DOSEWARDEN_SITE_KEY. Raises `NoSiteKey`."""
    path = environment.get("DOSEWARDEN_SITE_KEY_FILE")
    if path:
        try:
            secret = Path(path).read_bytes().strip()
        except OSError as error:
            raise NoSiteKey(f"DOSEWARDEN_SITE_KEY_FILE cannot be read: {error.strerror}") from error
    else:
        secret = environment.get("DOSEWARDEN_SITE_KEY", "").strip().encode()
    if not secret:
        raise NoSiteKey(
            "no site key: set DOSEWARDEN_SITE_KEY_FILE to a file with at least 16 secret bytes (or "
            "DOSEWARDEN_SITE_KEY); every service of a site needs the same one"
        )
    if len(secret) < _SHORTEST:
        raise NoSiteKey(f"the site key has {len(secret)} bytes; it needs at least {_SHORTEST}")
    return SiteKey(secret)
