"""What the changelog holds of a patient: facts, issues and a header, each as JSON.

A fact carries the step that stated it and the statement it replaced, an issue the step that last told it, and
the header the step up to which all is written. So after a write that was cut short the ledger can be put back
to what the header knows, and what was told beyond it is known.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from schemas.base import Contract, Instant, Mode
from schemas.clinical import PatientFact
from schemas.issues import DetectedIssue
from services.safety.engine.comparing import last_page
from services.safety.engine.state import IssueKey, IssueState, LastPage, PatientState, Stated

VERSION = 1

_Fact = Annotated[PatientFact, Field(discriminator="kind")]


class FactPayload(Contract):
    """One fact, and the one it took the place of, each with the step that stated it."""

    step: int
    fact: _Fact
    earlier_step: int = 0
    earlier: _Fact | None = None

    def as_of(self, step: int) -> PatientFact | None:
        """The statement that held after a step, as far as it is known; None if there was none."""
        if self.step <= step:
            return self.fact
        return self.earlier


class IssuePayload(Contract):
    """One issue as last told, or the numbers of a closed one.

    `last_page` is left out where `told` itself was worth a page.
    """

    step: int
    check: str
    subject: str
    episode: int
    revision: int
    level: Decimal
    told: DetectedIssue | None
    last_page: LastPage | None = None

    @property
    def key(self) -> IssueKey:
        """What makes it this issue."""
        return IssueKey(self.check, self.subject)

    def state(self) -> IssueState:
        """The issue as the engine holds it."""
        page = last_page(self.told, self.level, self.last_page) if self.told is not None else None
        return IssueState(self.episode, self.revision, self.step, self.told, self.level, page)


class HeaderPayload(Contract):
    """Everything of a patient that is no entity. `newest` is left out where it equals `now`."""

    version: int = VERSION
    step: int
    now: Instant
    newest: Instant | None = None
    mode: Mode
    alive: dict[str, Instant]
    knowledge: str


def fact_payload(fact: PatientFact, stated: Stated) -> bytes:
    """One fact as it is written."""
    parts = [f'{{"step":{stated.step},"fact":{fact.model_dump_json()}']
    if stated.earlier is not None:
        parts.append(f'"earlier_step":{stated.earlier_step},"earlier":{stated.earlier.model_dump_json()}')
    return (",".join(parts) + "}").encode()


def issue_payload(key: IssueKey, state: IssueState) -> bytes:
    """One issue as it is written."""
    page = state.last_page
    payload = IssuePayload(
        step=state.step,
        check=key.check,
        subject=key.subject,
        episode=state.episode,
        revision=state.revision,
        level=state.level,
        told=state.told,
        last_page=page if page is not None and page.revision != state.revision else None,
    )
    return payload.model_dump_json().encode()


def header_payload(state: PatientState) -> bytes:
    """The header as it is written."""
    newest: datetime | None = state.ledger.newest
    payload = HeaderPayload(
        step=state.step,
        now=state.now,
        newest=None if newest == state.now else newest,
        mode=state.mode,
        alive=dict(sorted(state.alive.items())),
        knowledge=state.knowledge,
    )
    return payload.model_dump_json(exclude_none=True).encode()
