"""The formulary of the first day, from tizanidine to clonidine: each drug is known by name and by code."""

import pytest

from services.safety.knowledge.base import KnowledgeBase

FORMULARY = """
tizanidine, dantrolene, diazepam, lorazepam, clonazepam, alprazolam, midazolam, propofol, ketamine,
dexmedetomidine, gabapentin, pregabalin, dalfampridine, oxybutynin, tolterodine, solifenacin, mirabegron,
amitriptyline, nortriptyline, trazodone, mirtazapine, citalopram, escitalopram, sertraline, fluoxetine,
paroxetine, fluvoxamine, duloxetine, venlafaxine, modafinil, amantadine, fingolimod, siponimod,
teriflunomide, dimethyl fumarate, methylprednisolone, prednisone, carbamazepine, phenytoin,
valproic acid, phenobarbital, levetiracetam, lamotrigine, zolpidem, zopiclone, sodium oxybate,
quetiapine, olanzapine, haloperidol, pimozide, thioridazine, lithium, morphine, oxycodone, hydromorphone,
hydrocodone, oxymorphone, fentanyl, methadone, meperidine, tramadol, tapentadol, codeine, buprenorphine,
naloxone, acetaminophen, ibuprofen, naproxen, diclofenac, celecoxib, ketorolac, aspirin, warfarin,
apixaban, rivaroxaban, dabigatran, enoxaparin, heparin, digoxin, amiodarone, metoprolol, propranolol,
verapamil, diltiazem, clonidine
"""


@pytest.mark.parametrize("drug", [name.strip() for name in FORMULARY.replace("\n", " ").split(",")])
def test_a_drug_of_the_formulary_is_known_by_a_code(base: KnowledgeBase, drug: str) -> None:
    assert base.drugs[drug].codes.atc, drug


@pytest.mark.parametrize(
    "drug", ["warfarin", "apixaban", "rivaroxaban", "dabigatran", "enoxaparin", "heparin", "digoxin"]
)
def test_antithrombotics_and_digoxin_are_high_alert(base: KnowledgeBase, drug: str) -> None:
    assert base.high_alert(drug), drug


def test_a_drug_that_must_not_be_stopped_abruptly_says_how_it_is_tapered(base: KnowledgeBase) -> None:
    """But for a pump, which has no taper: any end of it is abrupt."""
    stopped = [(drug, row) for drug in base.drugs for row in base.withdrawal(drug)]
    named = {drug for drug, _ in stopped}
    assert {"clonazepam", "phenytoin", "clonidine", "propranolol", "tizanidine", "prednisone"} <= named
    assert {row.id for _, row in stopped if row.taper is None} == {"baclofen.withdrawal.intrathecal"}
