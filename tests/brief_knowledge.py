"""A small knowledge base written out for tests, so that a test does not change when a sourced row does.

It recognises the drugs of `tests.builders` by RxNorm ingredient code, products by the ingredients that their
source breaks them down into, and free text by the drug's own name.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from schemas.base import Severity
from schemas.medications import Medication, Route
from schemas.quantities import Quantity
from services.safety.knowledge.base import KnowledgeBase
from services.safety.knowledge.depressants import AlcoholEvidence, AlcoholRule, AlcoholTier, CnsLoad
from services.safety.knowledge.interacting import Interaction, Priority
from services.safety.knowledge.measurements import (
    AtAge,
    BodyMass,
    Doubted,
    IdealWeight,
    Leap,
    Measurement,
    MistakenUnit,
    YoungValidity,
)
from services.safety.knowledge.models import (
    Certainty,
    Drug,
    DrugClass,
    EvidenceCode,
    Limit,
    LimitKind,
    Source,
    Status,
    Taper,
    Withdrawal,
)
from services.safety.knowledge.policy import DosePolicy, Policy
from services.safety.knowledge.products import Basis, Contained, FormRelease, Product
from tests.builders import RXNORM

SOURCE = Source(title="Written for tests", section="1")
MOUTH = (Route.ORAL, Route.ENTERAL)
DAY = timedelta(hours=24)


def row(row_id: str, **more: Any) -> dict[str, Any]:
    """What every row carries, with what a test wants beside it."""
    return {
        "id": row_id,
        "source": SOURCE,
        "status": Status.SOURCE_CHECKED,
        "certainty": Certainty.READ,
        "action": "Ask the prescriber and watch the patient.",
        **more,
    }


def amount(text: str) -> Quantity:
    """An amount as written: "15 mg"."""
    value, unit = text.split(" ")
    return Quantity(value=Decimal(value), unit=unit)


def limit(drug: str, kind: LimitKind, value: str, name: str = "", **more: Any) -> Limit:
    """One limit row: `limit("baclofen", LimitKind.DAILY, "80 mg")`."""
    stated = {"kind": kind, "value": amount(value), "window": DAY, "routes": MOUTH} | more
    return Limit(**row(f"{drug}.{kind.value}{name}", **stated))


def interaction(first: str, second: str, severity: Severity = Severity.MAJOR, **more: Any) -> Interaction:
    """One interaction row between two selectors."""
    name = f"{first}-{second}".replace("drug:", "").replace("class:", "").replace(" ", "-")
    stated = {"between": (first, second), "severity": severity, "exposure": DAY} | more
    return Interaction(**row(stated.pop("id", name), **stated))


WITHDRAWAL = Withdrawal(
    **row(
        "baclofen.withdrawal",
        missed_slots=2,
        used_for=timedelta(days=7),
        routes=MOUTH,
        severity=Severity.MAJOR,
        taper=Taper(over=timedelta(days=7), step=amount("15 mg"), last=amount("15 mg")),
    )
)

LIMITS: dict[str, tuple[Limit, ...]] = {
    "baclofen": (
        limit("baclofen", LimitKind.DAILY, "80 mg"),
        limit("baclofen", LimitKind.SINGLE, "20 mg"),
        limit("baclofen", LimitKind.DAILY, "1000 ug", ".intrathecal", routes=(Route.INTRATHECAL,)),
    ),
    "acetaminophen": (
        limit("acetaminophen", LimitKind.DAILY, "4000 mg", routes=(*MOUTH, Route.RECTAL, Route.INTRAVENOUS)),
        limit("acetaminophen", LimitKind.SINGLE, "1000 mg"),
    ),
    "citalopram": (
        limit("citalopram", LimitKind.DAILY, "40 mg", ".adult", age_below=Decimal(60)),
        limit("citalopram", LimitKind.DAILY, "20 mg", ".old", age_from=Decimal(60)),
    ),
}

CLASSES = {
    "opioid": ("morphine", "oxycodone", "hydrocodone", "fentanyl", "meperidine", "tramadol"),
    "benzodiazepine": ("diazepam", "lorazepam", "clonazepam", "alprazolam"),
    "gabapentinoid": ("gabapentin", "pregabalin"),
    "gaba-b-agonist": ("baclofen",),
    "z-drug": ("zolpidem",),
    "sedating-tricyclic": ("amitriptyline",),
    "tricyclic": ("amitriptyline",),
    "maoi": ("phenelzine", "linezolid"),
    "ssri": ("citalopram", "sertraline", "fluvoxamine"),
    "nsaid": ("ibuprofen", "diclofenac"),
    "ace-inhibitor": ("lisinopril",),
    "muscle-relaxant": ("baclofen", "tizanidine"),
}

INTERACTIONS = (
    interaction("drug:tizanidine", "drug:ciprofloxacin", Severity.CONTRAINDICATED),
    interaction("drug:baclofen", "class:tricyclic", Severity.MODERATE),
    interaction("class:maoi", "class:ssri", Severity.CONTRAINDICATED, priority=Priority.HIGH,
                exposure=timedelta(days=14)),
    interaction("class:nsaid", "drug:lithium", Severity.MAJOR),
    interaction("class:nsaid", "drug:warfarin", Severity.MAJOR, exempt_routes=(Route.TOPICAL,)),
    interaction("class:ace-inhibitor", "class:nsaid", Severity.MODERATE, priority=Priority.LOW),
    interaction("drug:warfarin", "drug:sertraline", Severity.MODERATE),
    interaction("drug:warfarin", "class:ssri", Severity.MAJOR, id="warfarin-ssri-class"),
)  # fmt: skip

ALCOHOL_RULES = (
    AlcoholRule(
        **row(
            "baclofen.alcohol",
            subject="drug:baclofen",
            tiers={
                AlcoholTier.MEASURED: Severity.MODERATE,
                AlcoholTier.SCREENED: Severity.MODERATE,
                AlcoholTier.DIAGNOSED: Severity.MODERATE,
                AlcoholTier.OBSERVED: Severity.MINOR,
            },
            acute_from=amount("80 mg/dL"),
            acute_severity=Severity.MAJOR,
        )
    ),
    AlcoholRule(
        **row("metformin.alcohol", subject="drug:metformin", tiers={AlcoholTier.DIAGNOSED: Severity.MAJOR})
    ),
)

ALCOHOL_EVIDENCE = AlcoholEvidence(
    source=SOURCE,
    codes={
        AlcoholTier.MEASURED: (
            EvidenceCode(system="loinc", code="5643-2", concentration=True),
            EvidenceCode(system="loinc", code="5640-8", concentration=True),
        ),
        AlcoholTier.SCREENED: (
            EvidenceCode(
                system="loinc", code="75626-2", positive_from=Decimal(4), positive_from_female=Decimal(3)
            ),
        ),
        AlcoholTier.DIAGNOSED: (
            EvidenceCode(system="snomed", code="66590003"),
            EvidenceCode(system="icd10", code="F10", prefix=True),
            EvidenceCode(system="icd9", code="3050", prefix=True),
        ),
        AlcoholTier.OBSERVED: (EvidenceCode(system="loinc", code="74013-4"),),
    },
    decay_mg_dl_per_h=Decimal(15),
    gone_below_mg_dl=Decimal(10),
    valid_for={AlcoholTier.SCREENED: timedelta(days=365), AlcoholTier.OBSERVED: DAY},
)

CNS_LOAD = CnsLoad(
    **row(
        "cns-load",
        window=DAY,
        classes=(
            "gaba-b-agonist",
            "opioid",
            "benzodiazepine",
            "gabapentinoid",
            "z-drug",
            "sedating-tricyclic",
        ),
        severity_by_count={2: Severity.MODERATE, 3: Severity.MAJOR},
        alcohol_tiers=(AlcoholTier.MEASURED, AlcoholTier.OBSERVED),
        step_up_pairs=(("opioid", "benzodiazepine"), ("opioid", "gabapentinoid")),
        step_up_age_from=Decimal(65),
        step_up_egfr_below=Decimal(30),
        step_up_conditions=(EvidenceCode(system="icd10", code="J44", prefix=True),),
    )
)

POLICY = Policy(
    dose=DosePolicy(
        tolerance=timedelta(minutes=60),
        moderate_up_to=Decimal("1.25"),
        hard_interval=Decimal("0.5"),
        retrospective=DAY,
        point_event=DAY,
        bolus_up_to=timedelta(hours=1),
        one_dose_within=timedelta(minutes=5),
        source=SOURCE,
    ),
    settle={},
    settle_default=timedelta(seconds=30),
    reorder_within=timedelta(minutes=15),
)


def measurement(name: str, unit: str, most: int, *codes: str, **more: Any) -> Measurement:
    """One measurement: `measurement("egfr", "mL/min/{1.73_m2}", 250, "loinc|98979-8")`."""
    stated = {"valid_for": timedelta(hours=48), "plausible_to": Decimal(most)} | more
    return Measurement(id=name, label=name, codes=codes, unit=unit, source=SOURCE, **stated)


MEASUREMENTS = {
    each.id: each
    for each in (
        measurement("egfr", "mL/min/{1.73_m2}", 250, "loinc|98979-8", "loinc|33914-3",
                    valid_for_ambulatory=timedelta(days=7)),
        measurement("creatinine", "mg/dL", 30, "loinc|2160-0", per_unit={"umol/L": Decimal("88.4")},
                    valid_for_ambulatory=timedelta(days=7)),
        measurement("body-weight", "kg", 400, "loinc|29463-7", doubted=Doubted.PREVIOUS,
                    valid_for=timedelta(days=30), counts_back=timedelta(hours=24),
                    leap=Leap(share=Decimal("0.2"), within=timedelta(days=7)),
                    ideal=IdealWeight(
                        female=Decimal("45.5"), male=Decimal(50), from_height=Decimal("152.4"),
                        by=Decimal("2.3"), each=Decimal("2.54"),
                        age_from=Decimal(18), obese_above=Decimal("1.3"),
                        share=Decimal("0.4"), source=SOURCE, adjusted_source=SOURCE),
                    body_mass=BodyMass(low=Decimal(10), high=Decimal(80)),
                    mistaken_unit=MistakenUnit(
                        ratio=Decimal("2.2046"), share=Decimal("0.05"), within=timedelta(days=30)),
                    at_age=(
                        AtAge(under=timedelta(days=28), low=Decimal("0.3"), high=Decimal(12)),
                        AtAge(under=timedelta(days=365.25), low=Decimal("0.3"), high=Decimal(30)),
                        AtAge(under=timedelta(days=6574.5), low=Decimal(3), high=Decimal(400)),
                        AtAge(low=Decimal(20), high=Decimal(400)),
                    ),
                    valid_for_young=(
                        YoungValidity(under=timedelta(days=28), valid_for=timedelta(hours=24)),
                        YoungValidity(under=timedelta(days=6574.5), valid_for=timedelta(days=7)),
                    )),
        measurement("body-surface", "m2", 4, "loinc|8277-6", doubted=Doubted.PREVIOUS,
                    valid_for=timedelta(days=30), mosteller=Decimal(3600)),
        measurement("body-height", "cm", 260, "loinc|8302-2", doubted=Doubted.PREVIOUS,
                    valid_for=timedelta(days=365), plausible_from=Decimal(20),
                    mistaken_unit=MistakenUnit(
                        ratio=Decimal("2.54"), share=Decimal("0.05"), within=timedelta(days=365))),
    )
}  # fmt: skip


class ByCode:
    """Recognises what the builders write."""

    def product(self, medication: Medication) -> Product:
        """Ingredients by RxNorm code; the source's own breakdown first; else the drug's name in the text.

        "... Extended Release Oral Tablet" and "... Oral Tablet" say how a coded product lets its drug go.
        """
        names = {code: name for name, code in RXNORM.items()}
        slow = medication.text.endswith("Extended Release Oral Tablet")
        plain = FormRelease.IMMEDIATE if medication.text.endswith("Oral Tablet") else None
        release = FormRelease.EXTENDED if slow else plain
        if medication.ingredients:
            parts = tuple(
                Contained(names[part.codings[0].code], part.strength, part.per)
                for part in medication.ingredients
                if part.codings and part.codings[0].code in names
            )
            return Product(medication.text, parts, Basis.CODE)
        for coding in medication.codings:
            if coding.system == "rxnorm" and coding.code in names:
                contents = (Contained(names[coding.code]),)
                return Product(medication.text, contents, Basis.CODE, release=release)
        word = medication.text.split(" ")[0].lower()
        return Product(medication.text, (Contained(word),) if word in RXNORM else (), Basis.TEXT)


def knowledge(
    interactions: tuple[Interaction, ...] = INTERACTIONS,
    limits: dict[str, tuple[Limit, ...]] = LIMITS,
    **more: Any,
) -> KnowledgeBase:
    """The base, with what a test wants otherwise."""
    drugs = {
        name: Drug(
            drug=name,
            source=SOURCE,
            limits=limits.get(name, ()),
            withdrawal=(WITHDRAWAL,) if name == "baclofen" else (),
            high_alert=name in ("morphine", "warfarin"),
        )
        for name in RXNORM
    }
    classes = {
        name: DrugClass(id=name, label=name.replace("-", " "), members=members, source=SOURCE)
        for name, members in CLASSES.items()
    }
    stated: dict[str, Any] = {
        "version": "1-000000000000",
        "drugs": drugs,
        "classes": classes,
        "interactions": interactions,
        "alcohol_rules": ALCOHOL_RULES,
        "alcohol_evidence": ALCOHOL_EVIDENCE,
        "cns_load": CNS_LOAD,
        "policy": POLICY,
        "recogniser": ByCode(),
        "measurements": MEASUREMENTS,
    }
    return KnowledgeBase(**(stated | more))


KNOWLEDGE = knowledge()
