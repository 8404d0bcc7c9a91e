"""The MIMIC-III tables on rows of our own making, and what the door reads from them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.clinical import Administration
from services.intake.door import Door
from services.intake.formats import read
from services.intake.reading import Accepted, Reading
from tests.intake.writing import write_table

ITEMS = [
    {"ITEMID": 1, "LABEL": "Morphine Sulfate", "CATEGORY": "Medications"},
    {"ITEMID": 2, "LABEL": "NaCl 0.9%", "CATEGORY": "Fluids/Intake"},
    {"ITEMID": 3, "LABEL": "Platelets", "CATEGORY": "Blood Products/Colloids"},
    {"ITEMID": 4, "LABEL": "Cefazolin", "CATEGORY": "Antibiotics"},
]
STAY = [
    {
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "ADMITTIME": "3/1/50 22:00",
        "DISCHTIME": "3/6/50 11:00",
        "DEATHTIME": "",
    }
]
MOVES = [
    {
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "EVENTTYPE": "admit",
        "CURR_CAREUNIT": "",
        "CURR_WARDID": 9,
        "INTIME": "2150-03-01 22:10:00",
    },
    {
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "EVENTTYPE": "transfer",
        "CURR_CAREUNIT": "MICU",
        "CURR_WARDID": 15,
        "INTIME": "2150-03-02 04:00:00",
    },
    {
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "EVENTTYPE": "discharge",
        "CURR_CAREUNIT": "",
        "CURR_WARDID": "",
        "INTIME": "2150-03-06 11:00:00",
    },
]


def given(**more: object) -> dict[str, object]:
    """A dose of 4 mg morphine at eight, stored five minutes later."""
    return {
        "ROW_ID": 10,
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "STARTTIME": "2150-03-02 08:00:00",
        "ENDTIME": "2150-03-02 08:01:00",
        "ITEMID": 1,
        "AMOUNT": 4,
        "AMOUNTUOM": "mg",
        "RATE": "",
        "RATEUOM": "",
        "STORETIME": "2150-03-02 08:05:00",
        "ORDERCATEGORYNAME": "05-Med Bolus",
        "CANCELREASON": 0,
        "STATUSDESCRIPTION": "FinishedRunning",
        "COMMENTS_DATE": "",
    } | more


def ordered(**more: object) -> dict[str, object]:
    return {
        "ROW_ID": 20,
        "SUBJECT_ID": 7,
        "HADM_ID": 70,
        "STARTDATE": "2150-03-02 00:00:00",
        "ENDDATE": "2150-03-04 00:00:00",
        "DRUG_TYPE": "MAIN",
        "DRUG": "Acetaminophen",
        "PROD_STRENGTH": "325mg Tablet",
        "DOSE_VAL_RX": "325-650",
        "DOSE_UNIT_RX": "mg",
        "ROUTE": "PO",
    } | more


def readings_of(directory: Path, **tables: Sequence[Mapping[str, Any]]) -> list[Reading]:
    """The readings of a directory that holds these tables."""
    for name, rows in tables.items():
        write_table(directory, name, rows, packed=len(rows) != 1)
    return list(read("mimic3", [directory], Door()))


def doses(directory: Path, *rows: Mapping[str, Any]) -> list[Administration]:
    readings = readings_of(directory, INPUTEVENTS_MV=list(rows), D_ITEMS=ITEMS)
    return [r.event for r in readings if isinstance(r, Accepted) and isinstance(r.event, Administration)]
