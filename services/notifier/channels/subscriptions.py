"""Push subscriptions of browsers: one JSON file each, as the browser gave it, named by its reference.

A subscription that its push service no longer knows is renamed to `.gone`, so that it is not tried again and
somebody can see that this person is not reached.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from services.notifier.channels.push_encryption import BrowserKeys, from_base64

_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,64}")


class NoSubscription(ValueError):
    """There is none of this reference, or it cannot be used; the message says which."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where a browser's messages are given in, and its keys."""

    endpoint: str = field(repr=False)
    keys: BrowserKeys = field(repr=False)


class Subscriptions:
    """The subscriptions in a directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, reference: str) -> Subscription:
        """The subscription of this reference, as it is now. Raises `NoSubscription`."""
        path = self._path(reference)
        try:
            content = orjson.loads(path.read_bytes())
            keys = content["keys"]
            browser = BrowserKeys(from_base64(keys["p256dh"]), from_base64(keys["auth"]))
            return Subscription(str(content["endpoint"]), browser)
        except FileNotFoundError as error:
            raise NoSubscription(
                "the push service no longer knows it" if self._gone(path).exists() else "unknown subscription"
            ) from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NoSubscription("the subscription cannot be read") from error

    def forget(self, reference: str) -> None:
        """The push service no longer knows it."""
        path = self._path(reference)
        path.rename(self._gone(path))

    def _path(self, reference: str) -> Path:
        if not _REFERENCE.fullmatch(reference):
            raise NoSubscription("this is not a reference to a subscription")
        return self._directory / f"{reference}.json"

    @staticmethod
    def _gone(path: Path) -> Path:
        return path.with_suffix(".gone")
