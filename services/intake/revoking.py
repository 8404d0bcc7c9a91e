"""The doors' revocation lists from the environment, and what happens while they stay open."""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from services.intake.settings import BadSettings, Prefixed
from services.intake.trust.revocations import BadList, RevocationList

Admission = Callable[[bytes], bool]
log = logging.getLogger(__name__)

_LOOK_EVERY_S = 2.0


def revocation_lists(get: Prefixed, doors: Mapping[str, ssl.SSLContext | None]) -> list[RevocationList]:
    """The list of each door ("INTAKE_HTTP", "INTAKE_MLLP") that has one, in force. Raises `BadSettings`."""
    found = []
    for door, context in doors.items():
        file, authority = get(f"{door}_CLIENT_CRL", ""), get(f"{door}_CLIENT_CA", "")
        if not file:
            continue
        if context is None or not authority:
            raise BadSettings(
                f"DOSEWARDEN_{door}_CLIENT_CRL is a list of DOSEWARDEN_{door}_CLIENT_CA: set that, too"
            )
        found.append(RevocationList(Path(file), Path(authority), context))
        try:
            found[-1].load()
        except BadList as error:
            raise BadSettings(f"DOSEWARDEN_{door}_CLIENT_CRL cannot be used: {error}") from error
    return found


def admission(lists: Sequence[RevocationList], context: ssl.SSLContext | None) -> Admission:
    """Whether a certificate (DER) gets in at the door of that TLS; all do where it has no list."""
    return next((one.admits for one in lists if one.context is context), lambda _certificate: True)


async def watch(lists: Sequence[RevocationList], part: Callable[[], None]) -> None:
    """Read a list anew when its file changes, and then `part` from everybody who is connected, as when it is
    over: whoever is not revoked connects again. Runs until cancelled.
    """
    over: set[RevocationList] = set()
    while lists:
        read = sum(_read(one) for one in lists if one.changed())
        now = datetime.now(UTC)
        before, over = over, {one for one in lists if one.over(now)}
        for one in over - before:
            log.error(
                "%s is over: no client certificate is believed until a newer one is there", one.file.name
            )
        if read or over - before:
            part()
        await asyncio.sleep(_LOOK_EVERY_S)
    await asyncio.Event().wait()


def _read(one: RevocationList) -> bool:
    try:
        listed = one.load()
    except BadList as error:
        log.error("the changed revocation list is not used, the one before still is: %s", error)
        return False
    log.warning("%s: %d certificates are revoked, until %s", one.file.name, len(listed.revoked), listed.until)
    return True
