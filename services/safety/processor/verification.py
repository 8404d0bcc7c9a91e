"""Does this ledger fit the log that is there now? Every doubt is a refusal: a wrong ledger looks right."""

from typing import Any

from faust.types import TP

from services.safety.processor.identity import SourceIdentity, how_to_rebuild
from services.safety.processor.partition_state import PartitionState
from services.safety.processor.refusal import LedgerMismatch
from services.safety.processor.settings import Settings
from services.safety.processor.store import LedgerFenced


def verify_ledger(
    settings: Settings, source: SourceIdentity, now: SourceIdentity, part: PartitionState[Any], tp: TP,
    resume_at: int, committed: int | None, end: int, changelog_bounds: tuple[int, int],
) -> None:  # fmt: skip
    """Raise `LedgerMismatch` where ledger and log disagree, `LedgerFenced` where the changelog was not read
    to its end.

    `end` and `changelog_bounds` are offsets as the broker gives them (the end is one beyond the last record).
    """
    start, changelog_end = changelog_bounds
    if start == changelog_end:
        part.watermark = max(part.watermark, changelog_end - 1)
    if part.watermark != changelog_end - 1:
        raise LedgerFenced(
            f"{settings.changelog}[{tp.partition}] was read to offset {part.watermark}, but its last is "
            f"{changelog_end - 1}: another worker writes to it, or reading ended early. "
            f"Starting again reads it anew."
        )
    found = source.differences(now.tag())
    for tag in part.sources:
        found += source.differences(tag)
    newest = max(part.newest(), part.marked)
    if newest >= end:
        found.append(f"the ledgers speak of offset {newest}, but {tp.topic}[{tp.partition}] ends at {end}")
    if committed is not None and committed > end:
        found.append(f"the group has committed {committed}, but {tp.topic}[{tp.partition}] ends at {end}")
    if committed is not None and committed > part.marked + 1:
        found.append(
            f"the group has committed {committed}, but the changelog knows only of what came "
            f"before {part.marked + 1}: it has lost its end, or all of it"
        )
    torn = sum(1 for _ in part.headerless(resume_at))
    if torn:
        found.append(f"{torn} patients have records whose header is missing")
    if found:
        wrong = "; ".join(dict.fromkeys(found))
        rebuild = how_to_rebuild(settings.changelog, settings.group, settings.topics.events)
        raise LedgerMismatch(f"partition {tp.partition}: {wrong}. {rebuild}")
