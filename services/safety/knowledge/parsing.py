"""From documents to rows: each file has one shape, told by its name; what does not fit has a line."""

from schemas.base import Contract
from services.safety.knowledge.childbearing import Childbearing
from services.safety.knowledge.depressants import AlcoholEvidence, AlcoholRule, CnsLoad
from services.safety.knowledge.documents import Document
from services.safety.knowledge.fitting import fitted
from services.safety.knowledge.interacting import Interaction
from services.safety.knowledge.kidneys import Kidneys
from services.safety.knowledge.kinds import FILES as RULES
from services.safety.knowledge.measurements import MeasurementsFile
from services.safety.knowledge.models import Approval, Drug, DrugClass, RowId
from services.safety.knowledge.naming import CodeMap, Naming
from services.safety.knowledge.placed import Placed
from services.safety.knowledge.policy import Policy
from services.safety.knowledge.problems import Problem


class ClassesFile(Contract):
    """classes.yaml."""

    classes: tuple[DrugClass, ...]


class AlcoholFile(Contract):
    """alcohol.yaml: the rules, and which codes are evidence."""

    rules: tuple[AlcoholRule, ...] = ()
    evidence: AlcoholEvidence | None = None


class RowApproval(Approval):
    """A site's approval of one row by its id."""

    row: RowId


class ApprovalsFile(Contract):
    """approvals.yaml, of a site only."""

    approvals: tuple[RowApproval, ...]


class SequenceFile(Contract):
    """sequence.yaml: raised by one with each change of the content that is put in use."""

    sequence: int


FILES: dict[str, type[Contract]] = {
    "classes.yaml": ClassesFile,
    "alcohol.yaml": AlcoholFile,
    "cns.yaml": CnsLoad,
    "measurements.yaml": MeasurementsFile,
    "kidneys.yaml": Kidneys,
    "pregnancy.yaml": Childbearing,
    "policy.yaml": Policy,
    "naming.yaml": Naming,
    "approvals.yaml": ApprovalsFile,
    "sequence.yaml": SequenceFile,
}
FOLDERS: dict[str, type[Contract]] = {"drugs": Drug, "interactions": Interaction, "codes": CodeMap}


def shape(file: str) -> type[Contract] | None:
    """The shape of a file by its name within a knowledge directory."""
    folder, _, name = file.rpartition("/")
    if not folder:
        return FILES.get(name)
    top, _, kind = folder.partition("/")
    if top == "rules":
        return RULES.get(kind or name.rpartition(".")[0])
    return FOLDERS.get(folder)


def parse(document: Document) -> tuple[Placed[Contract] | None, tuple[Problem, ...]]:
    """The document as its shape, or what is wrong with it."""
    expected = shape(document.file)
    if expected is None:
        known = ", ".join(
            [*FILES, *(f"{folder}/*.yaml" for folder in FOLDERS), *(f"rules/{kind}.yaml" for kind in RULES)]
        )
        return None, (
            Problem(document.shown, 1, "no file of this name is known here", f"use one of {known}"),
        )
    value, problems = fitted(document, expected, _CURES)
    return (None if value is None else Placed(value, document)), problems


_CURES = {
    "source": "say where the fact was read: title and section; a row without a source does not load",
    "section": "name the section or paragraph of the source, so that others find it",
    "routes": "list the routes the row speaks of, for example [oral, enteral]",
    "action": "say what staff should do, in a sentence",
    "status": "write draft, source-checked or site-approved",
    "certainty": "write read, known or unsure",
}
