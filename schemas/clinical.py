"""Facts about a patient, as doors state them and the ledger keeps them.

A `ClinicalEvent` is one statement about one entity (an order, one administration, one observation, ...). The
newest statement about an entity wins; `entered-in-error` takes the entity back. Three times are kept and
never mixed: `effective_at` it happened, `recorded_at` it was charted, `received_at` it reached our door.
Names follow FHIR R4: MedicationRequest is `Order`, MedicationAdministration is `Administration`.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, TypeAdapter, model_validator

from schemas.base import Contract, Identifier, Instant, Mode, Several, ShortText, TimeDomain
from schemas.dosage import Dosage, Rate
from schemas.medications import Coding, Medication, Route
from schemas.quantities import Quantity
from schemas.recharting import EntityClaim, Recharted
from schemas.stream_events import ClockTick, HistoryEnded, KnowledgeActivated, SourceHeartbeat
from schemas.whereabouts import Absence, OnWard, SaidOfLeave, WardSince

FUTURE_TOLERANCE = timedelta(minutes=5)
"""A dose or observation may lie this far after its receipt (clock skew); later is implausible."""


class FactStatus(StrEnum):
    STATED = "stated"
    ENTERED_IN_ERROR = "entered-in-error"


class Fact(Contract):
    """What every statement carries. `entity` names the thing stated about, unique within a patient.

    `merged_from`: the patient of whom it was stated, where it reached this one because records were merged.
    Only the processor sets it.
    """

    event_id: Identifier
    patient: Identifier
    entity: Identifier
    version: Annotated[int, Field(ge=0)] = 0
    status: FactStatus = FactStatus.STATED
    effective_at: Instant
    recorded_at: Instant
    received_at: Instant
    mode: Mode = Mode.LIVE
    time_domain: TimeDomain = TimeDomain.LIVE
    source: Identifier
    assumed_tz: bool = False
    merged_from: Identifier | None = None


class OfVisit(Fact):
    """What may have been charted in a visit. `visit`: the entity of that stay (FHIR `encounter`, HL7 PV1-19);
    where the visit turns out to be another patient's, the statement goes with it.

    `visit_named_at`: when the older statement was recorded that named the visit, where this one names none.
    Only the processor sets it.
    """

    visit: Identifier | None = None
    visit_named_at: Instant | None = None


class Numbered(OfVisit):
    """An order, a dose or a result. `unique_in_source`: its source gives the name of the entity but once over
    all its patients, so that the same one of another patient is the same thing, charted again.

    `recharted`: taken back here because of that. Only the processor sets it.
    """

    unique_in_source: bool = False
    recharted: bool = False


class _Happened(Numbered):
    @model_validator(mode="after")
    def _not_in_the_future(self) -> Self:
        if self.effective_at > self.received_at + FUTURE_TOLERANCE:
            raise ValueError("effective_at lies more than 5 minutes after received_at")
        return self


class OrderState(StrEnum):
    DRAFT = "draft"
    ACTIVE = "active"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    STOPPED = "stopped"


class Intent(StrEnum):
    PROPOSAL = "proposal"
    PLAN = "plan"
    ORDER = "order"
    ORIGINAL_ORDER = "original-order"
    REFLEX_ORDER = "reflex-order"
    FILLER_ORDER = "filler-order"
    INSTANCE_ORDER = "instance-order"
    OPTION = "option"


class Order(Numbered):
    """What was prescribed (MedicationRequest). Active from `effective_at` until `ends_at` or `stopped_at`.

    `also_known`: other entities under which the same order is stated, or named by doses. `new_to_patient`:
    its source says that the patient did not use this drug before; of drugs like it that says nothing.
    """

    kind: Literal["order"] = "order"
    medication: Medication
    state: OrderState
    intent: Intent = Intent.ORDER
    do_not_perform: bool = False
    dosages: Several[Dosage] = ()
    ends_at: Instant | None = None
    stopped_at: Instant | None = None
    replaces: Identifier | None = None
    also_known: Several[Identifier] = ()
    based_on: Several[Identifier] = ()
    alternatives: Identifier | None = None
    community: bool = False
    new_to_patient: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ends_at is not None and self.ends_at < self.effective_at:
            raise ValueError("the order ends before it starts")
        return self


class Outcome(StrEnum):
    GIVEN = "given"
    IN_PROGRESS = "in-progress"
    PAUSED = "paused"
    NOT_DONE = "not-done"


class Administration(_Happened):
    """What was given (MedicationAdministration). An infusion runs from `effective_at` to `ended_at`.

    `corrects`: stated as the correction of an earlier statement, which may go by another name (RXA-21 U).
    """

    kind: Literal["administration"] = "administration"
    medication: Medication
    outcome: Outcome = Outcome.GIVEN
    order: Identifier | None = None
    route: Route = Route.UNKNOWN
    dose: Quantity | None = None
    rate: Rate | None = None
    ended_at: Instant | None = None
    dose_text: ShortText = ""
    corrects: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.ended_at is not None and self.ended_at < self.effective_at:
            raise ValueError("the administration ends before it starts")
        return self


class Observation(_Happened):
    """A measured or reported value; `text` for coded or verbal results such as "NEG".

    `component_of`: the observation that it is part of. Parts are stated before the whole; those of an older
    version than the whole are none any more.
    """

    kind: Literal["observation"] = "observation"
    codings: Several[Coding]
    value: Quantity | None = None
    text: ShortText = ""
    component_of: Identifier | None = None


class Condition(OfVisit):
    """A diagnosis or problem, holding from `effective_at` until `abated_at`."""

    kind: Literal["condition"] = "condition"
    codings: Several[Coding] = ()
    text: ShortText = ""
    active: bool = True
    abated_at: Instant | None = None


class Allergy(OfVisit):
    """An allergy or intolerance; `negated` records "no known allergy"."""

    kind: Literal["allergy"] = "allergy"
    substance: Medication
    active: bool = True
    negated: bool = False
    intolerance: bool = False


class Patient(Fact):
    """Who the patient is, as far as judgement needs it: no name, no record number."""

    kind: Literal["patient"] = "patient"
    born_at: Instant | None = None
    sex: Literal["male", "female", "other", "unknown"] = "unknown"
    died_at: Instant | None = None


class Encounter(Fact):
    """A stay or visit from `effective_at` until `ends_at`; `ward` is where alerts are routed.

    `ward_since`: since when the patient is there, where the source says it, else since `recorded_at`.
    `wards_listed`: on which wards the patient was since when, where the source lists former ones; the last
    of them is `ward`. `wards_before`: what earlier statements say of the ward; only the processor sets it.

    `leave_told`: whether its source says whether the patient is on leave, then with `away_since` while they
    are; `leaves`: those that are over, where it lists them. `leave_before`: what earlier statements say of
    leave; only the processor sets it.

    `class_known`: whether its source says that somebody stays in the house, or does not. Where it says
    neither, `inpatient` is what the place suggests; without a place the visit says nothing of that.
    `unique_in_source` and `recharted` as of what is `Numbered`.
    """

    kind: Literal["encounter"] = "encounter"
    inpatient: bool
    class_known: bool = True
    ward: ShortText = ""
    ward_since: Instant | None = None
    wards_listed: Several[WardSince] = ()
    wards_before: Several[OnWard] = ()
    ends_at: Instant | None = None
    leave_told: bool = False
    away_since: Instant | None = None
    leaves: tuple[Absence, ...] | None = None
    leave_before: Several[SaidOfLeave] = ()
    unique_in_source: bool = False
    recharted: bool = False


class Merge(Fact):
    """This patient's record goes on under another key (HL7 A40); undone by entering it in error.

    The newest such statement about a record holds, whatever its entity.
    """

    kind: Literal["merge"] = "merge"
    survivor: Identifier


class VisitMove(Fact):
    """A visit of this patient is that of another one (HL7 A45), or goes on under another number (A50).

    `to` is the patient whose it is, this one where only the number changes; `becomes` the entity under which
    the visit goes on. All that names the visit counts for the patient of the newest such statement about it;
    undone by the contrary statement of the other patient, or by entering this one in error.
    """

    kind: Literal["visit-move"] = "visit-move"
    visit: Identifier
    becomes: Identifier | None = None
    to: Identifier


class UnreadableFact(Fact):
    """Something about this patient could not be understood; holds no payload, stands until resolved.

    `about` is the entity that the unreadable message spoke of, where that much could be read: a readable
    statement about it, recorded later (or at the same instant and received later), dismisses this one.
    """

    kind: Literal["unreadable"] = "unreadable"
    reason: ShortText
    about: Identifier | None = None
    dismissed: bool = False


Claimable = Order | Administration | Observation | Encounter
"""What one source may state of another patient later, by the same name."""

PatientFact = (
    Order
    | Administration
    | Observation
    | Condition
    | Allergy
    | Patient
    | Encounter
    | Merge
    | VisitMove
    | UnreadableFact
)
AnyEvent = (
    PatientFact | SourceHeartbeat | KnowledgeActivated | HistoryEnded | ClockTick | EntityClaim | Recharted
)
ClinicalEvent = Annotated[AnyEvent, Field(discriminator="kind")]
CLINICAL_EVENT: TypeAdapter[AnyEvent] = TypeAdapter(ClinicalEvent)
PATIENT_FACT: TypeAdapter[PatientFact] = TypeAdapter(Annotated[PatientFact, Field(discriminator="kind")])
