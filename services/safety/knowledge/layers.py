"""The files of one knowledge directory, sorted by what they hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.safety.knowledge.childbearing import Childbearing
from services.safety.knowledge.depressants import AlcoholEvidence, AlcoholRule, CnsLoad
from services.safety.knowledge.documents import Document
from services.safety.knowledge.interacting import Interaction
from services.safety.knowledge.kidneys import Kidneys
from services.safety.knowledge.measurements import Measurement, MeasurementsFile
from services.safety.knowledge.models import Drug, DrugClass, Row
from services.safety.knowledge.naming import CodeMap, Naming
from services.safety.knowledge.parsing import (
    AlcoholFile,
    ApprovalsFile,
    ClassesFile,
    RowApproval,
    SequenceFile,
    parse,
)
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.policy import Policy
from services.safety.knowledge.problems import Problem
from services.safety.knowledge.ruling import DrugRule, RulesFile


@dataclass(slots=True)
class Layer:
    """What one directory (the shipped one, or a site's) states; `broken` are its files that did not parse."""

    drugs: list[Placed[Drug]] = field(default_factory=list)
    classes: list[Placed[DrugClass]] = field(default_factory=list)
    interactions: list[Placed[Interaction]] = field(default_factory=list)
    alcohol_rules: list[Placed[AlcoholRule]] = field(default_factory=list)
    alcohol_evidence: list[Placed[AlcoholEvidence]] = field(default_factory=list)
    cns_load: list[Placed[CnsLoad]] = field(default_factory=list)
    rules: list[Placed[DrugRule]] = field(default_factory=list)
    measurements: list[Placed[Measurement]] = field(default_factory=list)
    kidneys: list[Placed[Kidneys]] = field(default_factory=list)
    childbearing: list[Placed[Childbearing]] = field(default_factory=list)
    policy: list[Placed[Policy]] = field(default_factory=list)
    naming: list[Placed[Naming]] = field(default_factory=list)
    code_maps: list[Placed[CodeMap]] = field(default_factory=list)
    approvals: list[Placed[RowApproval]] = field(default_factory=list)
    sequence: int = 0
    broken: set[str] = field(default_factory=set)

    def rows(self) -> Iterator[Placed[Row]]:
        """Every row with its place, in file order."""
        for drug in self.drugs:
            for index, limit in enumerate(drug.value.limits):
                yield Placed(limit, drug.document, ("limits", index))
            for index, withdrawal in enumerate(drug.value.withdrawal):
                yield Placed(withdrawal, drug.document, ("withdrawal", index))
        for interaction in self.interactions:
            yield Placed(interaction.value, interaction.document)
        for rule in self.alcohol_rules:
            yield Placed(rule.value, rule.document, rule.path)
        for load in self.cns_load:
            yield Placed(load.value, load.document)
        for drug_rule in self.rules:
            yield Placed(drug_rule.value, drug_rule.document, drug_rule.path)

    def add(self, placed: Placed[object]) -> None:
        """Put the content of one file where it belongs."""
        value, document = placed.value, placed.document
        if isinstance(value, Drug):
            self.drugs.append(Placed(value, document))
        elif isinstance(value, Interaction):
            self.interactions.append(Placed(value, document))
        elif isinstance(value, CodeMap):
            self.code_maps.append(Placed(value, document))
        elif isinstance(value, CnsLoad):
            self.cns_load.append(Placed(value, document))
        elif isinstance(value, Policy):
            self.policy.append(Placed(value, document))
        elif isinstance(value, Naming):
            self.naming.append(Placed(value, document))
        elif isinstance(value, Kidneys):
            self.kidneys.append(Placed(value, document))
        elif isinstance(value, Childbearing):
            self.childbearing.append(Placed(value, document))
        elif isinstance(value, RulesFile):
            self.rules += [Placed(one, document, ("rules", at)) for at, one in enumerate(value.rules)]
        elif isinstance(value, MeasurementsFile):
            self.measurements += [
                Placed(one, document, ("measurements", at)) for at, one in enumerate(value.measurements)
            ]
        elif isinstance(value, SequenceFile):
            self.sequence = value.sequence
        elif isinstance(value, ClassesFile):
            self.classes += [Placed(one, document, ("classes", at)) for at, one in enumerate(value.classes)]
        elif isinstance(value, ApprovalsFile):
            self.approvals += [
                Placed(one, document, ("approvals", at)) for at, one in enumerate(value.approvals)
            ]
        elif isinstance(value, AlcoholFile):
            self.alcohol_rules += [Placed(one, document, ("rules", at)) for at, one in enumerate(value.rules)]
            if value.evidence is not None:
                self.alcohol_evidence.append(Placed(value.evidence, document, ("evidence",)))


def layer(documents: Iterable[Document]) -> tuple[Layer, list[Problem]]:
    """The documents of one directory as a layer, and all that is wrong with them one by one."""
    found, problems = Layer(), list[Problem]()
    for document in documents:
        placed, wrong = parse(document)
        problems += wrong
        if placed is None:
            found.broken.add(document.file)
        else:
            found.add(Placed(placed.value, placed.document))
    return found, problems
