"""The public keys of an issuer (JWKS, RFC 7517) from a file or over HTTPS, asked for anew when one is new."""

import asyncio
import logging
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import httpx
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from jwt import PyJWK
from jwt.exceptions import PyJWTError

log = logging.getLogger(__name__)

FRESH_S = 3_600.0
"""How long keys are believed without asking again: a key that was taken back counts no longer than that."""
STALE_S = 86_400.0
"""How long they are believed while the issuer does not answer."""
PAUSE_S = 10.0
"""At least so long between two questions, whatever tokens name: strangers choose the names of keys."""
_WITHIN_S = 5.0
_LARGEST = 512 * 1024
_MOST_KEYS = 200
_FAMILIES = {"RSA": ("RS", "PS"), "EC": ("ES",), "OKP": ("Ed",)}


class NoKeys(Exception):
    """The keys cannot be had now; nothing can be said about the token."""


class Keys:
    """The signature keys of one issuer, for these algorithms. `place` is an https address or a file; `now`
    counts seconds.

    `generation` rises whenever the keys are others than before.
    """

    def __init__(
        self, place: str, algorithms: Collection[str], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._place = place
        self._algorithms = algorithms
        self._now = now
        self._keys: dict[tuple[str, str], PyJWK] = {}
        self._content = b""
        self._fetched: float | None = None
        self._asked: float | None = None
        self._failed = False
        self._asking: asyncio.Task[None] | None = None
        self.generation = 0

    async def key(self, name: str | None, algorithm: str) -> PyJWK | None:
        """The key of this name (`kid`), or the only one where a token names none; None where there is no such
        key. Raises `NoKeys`.
        """
        await self.refresh()
        found = self._find(name, algorithm)
        if found is None:
            await self._answer()
            found = self._find(name, algorithm)
        if found is None and self._failed:
            raise NoKeys
        return found

    async def refresh(self) -> None:
        """See that there are keys, and that they are soon fresh enough. Raises `NoKeys`."""
        if self._stale():
            await self._answer()
        elif self._fetched is not None and self._now() - self._fetched >= FRESH_S:
            self._ask()  # nobody waits for it as long as the old ones may be believed
        if self._stale():
            raise NoKeys

    def _stale(self) -> bool:
        return self._fetched is None or self._now() - self._fetched >= STALE_S

    def _find(self, name: str | None, algorithm: str) -> PyJWK | None:
        if name is not None:
            return self._keys.get((name, algorithm))
        found = [key for (_, each), key in self._keys.items() if each == algorithm]
        return found[0] if len(found) == 1 else None

    async def _answer(self) -> None:
        """Wait for the issuer's answer, where one is asked for or may be."""
        self._ask()
        if self._asking is not None:
            await asyncio.shield(self._asking)

    def _ask(self) -> None:
        """Ask the issuer, once for all who want to know, and not again at once."""
        if self._asking is not None or (self._asked is not None and self._now() - self._asked < PAUSE_S):
            return
        self._asked = self._now()
        self._asking = asyncio.create_task(self._asked_now(), name="token-keys")

    async def _asked_now(self) -> None:
        try:
            content = await self._content_now()
            keys = _keys_in(content, self._algorithms)
        except (OSError, httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError) as error:
            self._failed = True
            log.warning("the keys of a token issuer cannot be had: %s", type(error).__name__)
        else:
            if content != self._content:
                self.generation += 1
            self._content, self._keys = content, keys
            self._fetched, self._failed = self._now(), False
        finally:
            self._asking = None

    async def _content_now(self) -> bytes:
        if not self._place.startswith(("https://", "http://")):
            return await asyncio.to_thread(_file, Path(self._place))
        content = b""
        async with (
            asyncio.timeout(_WITHIN_S),
            httpx.AsyncClient(timeout=_WITHIN_S) as http,
            http.stream("GET", self._place) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise ValueError("the issuer answers with something else")
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > _LARGEST:
                    raise ValueError("no set of keys is that large")
        return content


def _file(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(_LARGEST)


def _keys_in(content: bytes, algorithms: Collection[str]) -> dict[tuple[str, str], PyJWK]:
    """The keys for signatures by name and algorithm; those that cannot be used here are passed over. Raises
    `ValueError` where it is no set of keys.
    """
    document = orjson.loads(content)
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        raise ValueError("this is no set of keys")
    found: dict[tuple[str, str], PyJWK] = {}
    for number, item in enumerate(listed[:_MOST_KEYS]):
        if not isinstance(item, dict) or item.get("use", "sig") != "sig":
            continue
        name = item.get("kid", f"\x00{number}")
        for algorithm in algorithms:
            key = _key(item, algorithm)
            if key is not None and isinstance(name, str):
                found[name, algorithm] = key
    return found


def _key(item: dict[str, Any], algorithm: str) -> PyJWK | None:
    """The key where it is one for this algorithm: by its own word, else by its type and curve."""
    kind = item.get("kty")
    families = _FAMILIES.get(kind, ()) if isinstance(kind, str) else ()
    if item.get("alg", algorithm) != algorithm or algorithm[:2] not in families:
        return None
    try:
        key = PyJWK.from_dict(item, algorithm if kind == "RSA" else None)
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm):
        return None
    return key if key.algorithm_name == algorithm else None
