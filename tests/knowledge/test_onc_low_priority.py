"""The published list of interactions that must page nobody, as far as its pairs are rows."""

import pytest

from schemas.base import Severity
from schemas.medications import Medication
from services.safety.checks.together.interaction import DrugInteraction
from services.safety.knowledge.interacting import Priority
from services.safety.knowledge.loader import load
from tests.builders import at, order
from tests.checks.ward import Ward

LOW = {
    "ACE inhibitors with salicylates": ("lisinopril", "aspirin"),
    "niacin with statins": ("niacin", "atorvastatin"),
    "beta-blockers with serotonin reuptake inhibitors": ("metoprolol", "paroxetine"),
    "beta-blockers with NSAIDs": ("metoprolol", "ibuprofen"),
    "beta-blockers with salicylates": ("atenolol", "aspirin"),
    "bisphosphonates with calcium": ("alendronate", "calcium carbonate"),
    "thyroid hormones with statins": ("levothyroxine", "simvastatin"),
    "proton pump inhibitors with imidazole antifungals": ("pantoprazole", "ketoconazole"),
    "thiazides with NSAIDs": ("hydrochlorothiazide", "naproxen"),
    "thiazides with salicylates": ("hydrochlorothiazide", "aspirin"),
    "anticoagulants with acetaminophen": ("warfarin", "acetaminophen"),
    "beta-blockers with dihydropyridines": ("carvedilol", "amlodipine"),
    "anticoagulants with corticosteroids": ("warfarin", "prednisone"),
    "anticoagulants with proton pump inhibitors": ("warfarin", "pantoprazole"),
    "anticoagulants with statins": ("warfarin", "simvastatin"),
    "anticoagulants with vitamin E": ("warfarin", "vitamin e"),
    "thiazides with ACE inhibitors": ("hydrochlorothiazide", "lisinopril"),
    "ACE inhibitors with angiotensin receptor blockers": ("lisinopril", "losartan"),
    "thyroid hormones with calcium": ("levothyroxine", "calcium carbonate"),
    "beta-blockers with thyroid hormones": ("metoprolol", "levothyroxine"),
    "proton pump inhibitors with benzodiazepines": ("omeprazole", "diazepam"),
    "beta-blockers with calcium": ("metoprolol", "calcium carbonate"),
    "corticosteroids with anticholinesterases": ("prednisone", "neostigmine"),
    "ACE inhibitors with NSAIDs": ("lisinopril", "ibuprofen"),
    "sulfonylureas with ACE inhibitors": ("glyburide", "lisinopril"),
    "immunosuppressants with corticosteroids": ("tacrolimus", "prednisone"),
    "hormonal contraceptives with corticosteroids": ("levonorgestrel", "prednisone"),
    "antacids with corticosteroids": ("aluminum hydroxide", "prednisone"),
    "methotrexate with folic acid": ("methotrexate", "folic acid"),
    "clopidogrel with salicylates": ("clopidogrel", "aspirin"),
}
"""Of the 33 pairs these were found in a public copy of the list, which maps it drug by drug."""
ward = Ward(DrugInteraction(), load())


@pytest.mark.parametrize("pair", LOW.values(), ids=LOW)
def test_each_pair_that_must_page_nobody_is_minor(pair: tuple[str, str]) -> None:
    finding = ward.finding([order(Medication(text=drug), entity=drug) for drug in pair], at(0))
    assert finding is not None
    assert finding.evidence["priority"] == Priority.LOW.value
    assert finding.severity is Severity.MINOR
