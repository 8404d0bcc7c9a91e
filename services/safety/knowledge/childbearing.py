"""How it is told that a patient is pregnant or breastfeeds: what says so, what ends it, and for how long."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from schemas.base import Contract
from services.safety.knowledge.models import Code, Source
from services.safety.knowledge.notation import Span

Answer = Annotated[str, StringConstraints(pattern=r"^[^A-Z]+$", min_length=1)]
"""How a result reads, in lower case."""


class CodeGroup(Contract):
    """Codes of one system; with `prefix` each stands for every code that begins with it.

    Codes of classifications (icd9, icd10) are written without the dot and are to be compared without it.
    """

    system: Code
    codes: Annotated[tuple[Code, ...], Field(min_length=1)]
    prefix: bool = False


class StateEvidence(Contract):
    """What is evidence that a patient is in a state, and what is evidence that it is over.

    `conditions` say so while they hold, at most for `valid_for`. `over` are conditions from whose beginning
    on the state is past; `excluded` are those in which it cannot be. `observations` (`system|code`) are
    results and answers: `positive` ones say so for `valid_for`, `negative` ones that it is not so, and
    `undecided` ones that nobody knows. For `denied_for` it counts as known that the state is not given.
    What is said of somebody younger than `age_from` years is said of the child that is fed.
    """

    conditions: Annotated[tuple[CodeGroup, ...], Field(min_length=1)]
    over: tuple[CodeGroup, ...] = ()
    excluded: tuple[CodeGroup, ...] = ()
    observations: tuple[Code, ...] = ()
    positive: tuple[Answer, ...] = ()
    negative: tuple[Answer, ...] = ()
    undecided: tuple[Answer, ...] = ()
    valid_for: Span
    denied_for: Span
    age_from: Decimal | None = None
    source: Source


class Childbearing(Contract):
    """pregnancy.yaml."""

    pregnancy: StateEvidence
    lactation: StateEvidence
