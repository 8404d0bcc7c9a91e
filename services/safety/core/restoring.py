"""A patient from the changelog: after a clean stop as it was, after a torn write as the header knows it."""

from collections.abc import Callable, Mapping

from immutables import Map

from schemas.clinical import PatientFact
from services.safety.core.payloads import VERSION, FactPayload, HeaderPayload, IssuePayload
from services.safety.engine.state import Doubt, IssueKey, IssueState, PatientState, Stated
from services.safety.knowledge.base import KnowledgeBase
from services.safety.ledger.folding import folded
from services.safety.processor.changelog import Kind
from services.safety.processor.contract import Entity


class UnknownFormat(ValueError):
    """The header was written by a version of this service that this one does not know."""


def restored(
    patient: bytes,
    state: PatientState | None,
    header: bytes | None,
    entities: Mapping[Entity, bytes | None],
    torn: bool,
    knowledge: Callable[[str], KnowledgeBase],
) -> PatientState:
    """Apply payloads to a state (None: start afresh, with a header).

    `knowledge` finds the base of a version, or any other where it is not here: the ledger is folded anew by
    whichever judges it next.
    """
    if header is not None:
        read = HeaderPayload.model_validate_json(header)
        if read.version != VERSION:
            raise UnknownFormat(f"ledger header of version {read.version}, this service knows {VERSION}")
        base = PatientState(
            patient.decode(), read.now, alive=Map(read.alive), mode=read.mode, step=read.step,
            knowledge=read.knowledge,
        )  # fmt: skip
        newest = read.newest or read.now
    elif state is not None:
        base, newest = state, state.ledger.newest or state.now
    else:
        raise ValueError("a patient that is not known needs a header")
    ahead: dict[Entity, bytes | None] = dict(state.ahead) if state is not None else {}
    ahead.update(entities)
    facts = dict(state.ledger.facts) if state is not None else {}
    stated = dict(state.stated) if state is not None else {}
    issues = dict(state.issues) if state is not None else {}
    beyond: dict[Entity, bytes | None] = {}
    latest = base.step
    for entity, payload in ahead.items():
        if entity.kind == Kind.FACT:
            if _fact(entity.id, payload, base.step, facts, stated) > base.step:
                beyond[entity] = payload
        elif entity.kind == Kind.ISSUE and payload is not None:
            step = _issue(payload, issues)
            if step > base.step:
                beyond[entity] = payload
            latest = max(latest, step)
    ledger = folded(facts.values(), knowledge(base.knowledge))._replace(newest=newest)
    return base._replace(
        ledger=ledger,
        issues=Map(issues),
        stated=Map(stated),
        judgements=None,
        next_review=None,
        told_up_to=latest if latest > base.step else 0,
        ahead=Map(beyond),
        doubt=base.doubt or (Doubt.TORN if torn else None),
    )


def _fact(
    entity: str,
    payload: bytes | None,
    step: int,
    facts: dict[str, PatientFact],
    stated: dict[str, Stated],
) -> int:
    """Put one fact in its place as of a step; returns the step that stated it."""
    stated.pop(entity, None)
    if payload is None:
        facts.pop(entity, None)
        return 0
    read = FactPayload.model_validate_json(payload)
    fact = read.as_of(step)
    if fact is None:
        facts.pop(entity, None)
    else:
        facts[entity] = fact
        if fact is read.fact:
            stated[entity] = Stated(read.step, read.earlier_step, read.earlier)
        else:
            stated[entity] = Stated(read.earlier_step)
    return read.step


def _issue(payload: bytes, issues: dict[IssueKey, IssueState]) -> int:
    read = IssuePayload.model_validate_json(payload)
    issues[read.key] = read.state()
    return read.step
