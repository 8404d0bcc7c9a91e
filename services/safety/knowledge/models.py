"""The rows of the knowledge base, as the loader reads them from YAML.

A row without a source does not load. Rows hold facts; what to conclude from them is written in the checks.
"""

from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.base import Contract, Severity
from schemas.medications import Route
from services.safety.knowledge.notation import Amount, Span
from services.safety.knowledge.products import AskedRelease

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9 ,'()/.-]*$")]
RowId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
Selector = Annotated[str, StringConstraints(pattern=r"^(drug|class):[a-z0-9][a-z0-9 ,'()/.-]*$")]
"""`drug:<ingredient>` or `class:<class id>`."""
Phrase = Annotated[str, StringConstraints(max_length=400)]
"""Short enough that an issue made of several of them stays within what a record may hold."""
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Status(StrEnum):
    """Draft rows are recorded, never paged; source-checked: the cited text was read and is quoted."""

    DRAFT = "draft"
    SOURCE_CHECKED = "source-checked"
    SITE_APPROVED = "site-approved"


class Certainty(StrEnum):
    """`read`: read in public text or code; `known`: well established, not re-read; `unsure`."""

    READ = "read"
    KNOWN = "known"
    UNSURE = "unsure"


class Source(Contract):
    """Where a fact was read. `quote` is at most 25 words; required once a row is source-checked."""

    title: Annotated[str, Field(min_length=3, max_length=400)]
    publisher: Phrase = ""
    version: Phrase = ""
    section: Annotated[str, Field(min_length=1, max_length=400)]
    quote: Phrase = ""


ANYWHERE = "any"
"""The jurisdiction of rows that hold everywhere."""


class Approval(Contract):
    """A site's own decision to stand behind a row: who, in what office, and when."""

    by: Annotated[str, Field(min_length=3)]
    on: date


class Row(Contract):
    """What every row carries. Dates are days of the site's calendar; `valid_to` is the last day in force."""

    id: RowId
    supersedes: RowId | None = None
    source: Source
    status: Status
    certainty: Certainty
    checked_on: date | None = None
    jurisdiction: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$|^any$")] = ANYWHERE
    valid_from: date | None = None
    valid_to: date | None = None
    approval: Approval | None = None
    action: Annotated[str, Field(min_length=10, max_length=600)]

    @property
    def shadow(self) -> bool:
        """Recorded and counted, never paged."""
        return self.status is Status.DRAFT

    def in_force(self, on: date) -> bool:
        """Whether the row holds on a day."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on <= self.valid_to
        )


class EvidenceCode(Contract):
    """A code that is evidence. `positive_from` for scores (by sex where they differ).

    Codes of classifications (icd9, icd10) are written without the dot and are to be compared without it; a
    `prefix` stands for every code that begins with it. `concentration`: the value is a level in blood.
    """

    system: Code
    code: Code
    prefix: bool = False
    positive_from: Decimal | None = None
    positive_from_female: Decimal | None = None
    concentration: bool = False


class PatientCondition(Contract):
    """A condition that makes a row hold or not: `condition` is how staff read it.

    It holds while one of the `codes` does, or ever did where `history_counts`.
    """

    condition: Name
    codes: Annotated[tuple[EvidenceCode, ...], Field(min_length=1)]
    history_counts: bool = False


class LimitKind(StrEnum):
    DAILY = "daily"
    SINGLE = "single"


class Reckoning(StrEnum):
    """A window that ends at any instant, or the calendar day of the facility's time zone."""

    ROLLING = "rolling"
    CALENDAR_DAY = "calendar-day"


class Limit(Row):
    """At most `value` of the ingredient within `window` (daily) or in one dose (single).

    Applies to the listed routes and, where given, to ages from `age_from` years to below `age_below`, to
    body weights from `weight_from` kg to below `weight_below`, while the patient has the condition of
    `only_in` and while they have none of `not_in`. With a `release` it counts only products that are known to
    let the drug go in that way (`not-extended`: all that are not known to be slow); without, all. `per` makes
    the value one per kilogram of body weight or per square metre of body surface; `weight: adjusted` makes
    that the weight of the obese without most of their fat. A `reckoning` by calendar days has a window of
    24 h. A dose exactly as old as the window is out, unless its `edge` is inclusive, as measures of quality
    count. `ddd_note` says why a value outside 1 to 20 defined daily doses is right all the same.
    """

    kind: LimitKind
    value: Amount
    window: Span
    reckoning: Reckoning = Reckoning.ROLLING
    edge: Literal["exclusive", "inclusive"] = "exclusive"
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    release: AskedRelease | None = None
    age_from: Decimal | None = None
    age_below: Decimal | None = None
    weight_from: Decimal | None = None
    weight_below: Decimal | None = None
    per: Literal["kg", "m2"] | None = None
    weight: Literal["actual", "adjusted"] = "actual"
    only_in: PatientCondition | None = None
    not_in: PatientCondition | None = None
    ddd_note: str = ""

    @model_validator(mode="after")
    def _whole_days(self) -> Self:
        if self.reckoning is Reckoning.CALENDAR_DAY and self.window != timedelta(hours=24):
            raise ValueError("a calendar day is no window of another length; write window: 24 h")
        if self.reckoning is Reckoning.CALENDAR_DAY and self.edge != "exclusive":
            raise ValueError("a calendar day begins at midnight; leave edge out")
        return self

    @property
    def counts_back(self) -> timedelta:
        """How old a dose is, at the least, that no longer counts."""
        return self.window + timedelta.resolution if self.edge == "inclusive" else self.window

    @model_validator(mode="after")
    def _of_a_weight(self) -> Self:
        if self.weight != "actual" and self.per != "kg":
            raise ValueError("only a value per kg goes by a weight; write per: kg, or leave weight out")
        return self


class Taper(Contract):
    """A stop that is gradual enough: daily dose falling by at most `step`, over `over`, to `last`."""

    over: Span
    step: Amount
    last: Amount


class Withdrawal(Row):
    """Stopping is dangerous: `missed_slots` consecutive due doses not given, after `used_for` of exposure.

    Without a `taper` every stop counts as abrupt.
    """

    missed_slots: Annotated[int, Field(ge=1)]
    used_for: Span
    routes: Annotated[tuple[Route, ...], Field(min_length=1)]
    severity: Severity
    taper: Taper | None = None


class Codes(Contract):
    """Identifiers of one substance, as strings."""

    rxnorm: tuple[str, ...] = ()
    atc: tuple[str, ...] = ()
    snomed: tuple[str, ...] = ()


class DefinedDailyDose(Contract):
    """The WHO's assumed average maintenance dose: a sanity value for limits, never a limit."""

    route: Route
    value: Amount


class Branded(Contract):
    """A product name that says its strength without a unit, such as "Baclof 10": `strength` per `per`."""

    name: Annotated[str, Field(min_length=2)]
    strength: Amount
    per: Amount


class Concentrate(Contract):
    """A product of another drug, so strong that it is a drug of its own here: U-500 insulin.

    Known by one of the `strengths` in one `per`, or by one of the `marks` in a name ("u-500").
    """

    of: Name
    strengths: Annotated[tuple[Amount, ...], Field(min_length=1)]
    per: Amount
    marks: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{3,}$")], ...] = ()


class Drug(Contract):
    """One ingredient: other names it goes by (brands, other languages' names), codes, and its rows.

    `depots` are names under which it is an injection that gives it off over weeks ("haloperidol decanoate"),
    `extended` names of products that let it go slowly although their dose form does not say so ("gralise").
    """

    drug: Name
    source: Source
    codes: Codes = Codes()
    names: tuple[str, ...] = ()
    depots: tuple[str, ...] = ()
    extended: tuple[str, ...] = ()
    ddd: tuple[DefinedDailyDose, ...] = ()
    branded: tuple["Branded", ...] = ()
    concentrate: Concentrate | None = None
    high_alert: bool = False
    limits: tuple[Limit, ...] = ()
    withdrawal: tuple[Withdrawal, ...] = ()


class DrugClass(Contract):
    """A named set of ingredients; `label` is how staff read it."""

    id: RowId
    label: str
    members: Annotated[tuple[Name, ...], Field(min_length=1)]
    source: Source
