"""FHIR R4: files of resources become clinical events."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from services.intake.door import Door
from services.intake.fhir.documents import CALLED, FORMAT, SUFFIXES, Document, documents
from services.intake.fhir.header import Context
from services.intake.fhir.references import Known
from services.intake.fhir.repeated import Stated, older_versions
from services.intake.fhir.resources import read_resource
from services.intake.fhir.versions import OLDER, Aside
from services.intake.lines import files
from services.intake.reading import Reading, Rejected, Skipped
from services.intake.rejecting import rejection, rejection_of_part


def read(paths: Iterable[Path], door: Door) -> Iterator[Reading]:
    """Every resource of the input as readings, in file order.

    The input is read twice: first for the resources that others refer to (medications, full URLs). History
    with several versions of a resource is read twice more. Raises `BrokenFile`.
    """
    every = list(files(paths, SUFFIXES, CALLED))
    aside: Aside = {}
    known, repeated = _noted(_all(every, aside))
    if repeated and not door.is_told_now:
        aside = older_versions(_all(every, {}), repeated)
        known, _ = _noted(_all(every, aside))
    context = Context(door, known, door.source or FORMAT)
    for document in _all(every, aside):
        yield from _readings(document, context)


def _all(paths: Iterable[Path], aside: Aside) -> Iterator[Document]:
    """Every document of some files, less what is set `aside`."""
    every = (document for path in paths for document in documents(path))
    for number, document in enumerate(every):
        if number in aside:
            fault = aside[number]
            yield replace(document, fault=fault, older=fault is None)
        else:
            yield document


def _noted(every: Iterable[Document]) -> tuple[Known, set[int]]:
    """What others refer to, and which resources are stated several times."""
    known, stated = Known(), Stated()
    for document in every:
        stated.note(document)
        if isinstance(document.resource, dict):
            aside = document.older or document.fault is not None
            known.note(document.resource, document.full_url, aside=aside)
    return known, stated.repeated


def _readings(document: Document, context: Context) -> Iterator[Reading]:
    if document.error is not None:
        line = document.line
        record = (
            rejection_of_part(document.origin, line.text, line.length, line.sha256, document.error)
            if line is not None
            else rejection(document.origin, document.original, document.error)
        )
        now = context.door.clock() if context.door.clock is not None else None
        yield Rejected(record, context.source, received_at=now)
    elif document.empty:
        yield Skipped("bundle-entry-without-resource", document.origin)
    elif document.older:
        yield Skipped(OLDER, document.origin)
    else:
        yield from read_resource(
            document.resource, document.origin, context, document.original, document.fault
        )
