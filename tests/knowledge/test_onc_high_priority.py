"""The fifteen high-priority interactions of the ONC list, complete by class membership (Phansalkar 2012)."""

import pytest

from services.safety.knowledge.interacting import Priority
from services.safety.knowledge.loader import load

BASE = load()

PAIRS = {
    "amphetamines with MAO inhibitors": ("lisdexamfetamine", "phenelzine"),
    "atazanavir with proton pump inhibitors": ("atazanavir", "omeprazole"),
    "febuxostat with thiopurines": ("febuxostat", "azathioprine"),
    "SSRI and SNRI with MAO inhibitors": ("sertraline", "tranylcypromine"),
    "irinotecan with strong CYP3A4 inhibitors": ("irinotecan", "itraconazole"),
    "opioids with MAO inhibitors": ("meperidine", "phenelzine"),
    "tricyclics with MAO inhibitors": ("amitriptyline", "isocarboxazid"),
    "QT with QT": ("methadone", "haloperidol"),
    "ramelteon with strong CYP1A2 inhibitors": ("ramelteon", "fluvoxamine"),
    "protease inhibitors with strong CYP3A4 inducers": ("ritonavir", "rifampin"),
    "statins with CYP3A4 inhibitors": ("simvastatin", "clarithromycin"),
    "ergot with CYP3A4 inhibitors": ("ergotamine", "ketoconazole"),
    "tizanidine with CYP1A2 inhibitors": ("tizanidine", "ciprofloxacin"),
    "tranylcypromine with procarbazine": ("tranylcypromine", "procarbazine"),
    "triptans with MAO inhibitors": ("sumatriptan", "selegiline"),
}


@pytest.mark.parametrize(("one", "other"), PAIRS.values(), ids=PAIRS)
def test_each_of_the_fifteen_pairs_has_a_high_priority_row(one: str, other: str) -> None:
    rows = [
        row
        for row in BASE.interactions_of(one)
        if row.priority is Priority.HIGH
        and any(
            BASE.selected(mine, one) and BASE.selected(theirs, other)
            for mine, theirs in (row.between, row.between[::-1])
        )
    ]
    assert rows, f"no row of high priority for {one} with {other}"
    assert all(row.severity.value in ("major", "contraindicated") for row in rows)


def test_none_of_them_is_a_draft() -> None:
    assert not [row.id for row in BASE.interactions if row.priority is Priority.HIGH and row.shadow]


MEMBERS = {
    "maoi": ("isocarboxazid", "phenelzine", "procarbazine", "selegiline", "tranylcypromine"),
    "tricyclic": (
        *("amitriptyline", "clomipramine", "desipramine", "doxepin"),
        *("imipramine", "nortriptyline", "protriptyline", "trimipramine"),
    ),
    "ssri-snri": (
        *("citalopram", "desvenlafaxine", "duloxetine", "escitalopram", "fluoxetine"),
        *("fluvoxamine", "milnacipran", "paroxetine", "sertraline", "venlafaxine"),
    ),
    "proton-pump-inhibitor": ("esomeprazole", "lansoprazole", "omeprazole", "pantoprazole", "rabeprazole"),
    "triptan": ("rizatriptan", "sumatriptan", "zolmitriptan"),
    "qt-prolonging": (
        *("amiodarone", "anagrelide", "arsenic trioxide", "azithromycin", "chloroquine", "chlorpromazine"),
        *("citalopram", "clarithromycin", "disopyramide", "dofetilide", "domperidone", "dronedarone"),
        *("droperidol", "erythromycin", "escitalopram", "flecainide", "haloperidol", "ibutilide"),
        *("methadone", "moxifloxacin", "ondansetron", "pentamidine", "pimozide", "procainamide"),
        *("quinidine", "sotalol", "thioridazine", "vandetanib"),
    ),
}
"""What the published list counts among its classes, as far as it is sold today."""


@pytest.mark.parametrize("name", MEMBERS)
def test_a_class_has_the_members_that_the_list_names(name: str) -> None:
    assert set(MEMBERS[name]) <= set(BASE.classes[name].members)


@pytest.mark.parametrize("inhibitor", ["atazanavir", "darunavir", "indinavir", "nelfinavir", "ritonavir"])
def test_a_statin_and_an_ergot_are_kept_from_protease_inhibitors_too(inhibitor: str) -> None:
    partners = {
        selector.partition(":")[2] for row in BASE.interactions_of(inhibitor) for selector in row.between
    }
    assert {"simvastatin", "lovastatin", "ergot-alkaloid"} <= partners
