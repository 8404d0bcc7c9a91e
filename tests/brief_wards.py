"""Two wards that differ from the house: one that is punctual, one that is not and whose clocks are ahead."""

from datetime import timedelta

from services.safety.knowledge.ward_rules import WardPolicy
from tests.brief_knowledge import SOURCE

ICU, WEST = "ICU", "3 West"
WARDS = (
    WardPolicy(
        names=(ICU, "W1"),
        tolerance=timedelta(minutes=20),
        times_a_day={2: ("06:00", "18:00"), 3: ("06:00", "12:00", "18:00")},
        source=SOURCE,
    ),
    WardPolicy(
        names=(WEST, "W2"),
        tolerance=timedelta(minutes=90),
        times_a_day={3: ("09:00", "15:00", "21:00"), 4: ("07:00", "12:00", "17:00", "22:00")},
        zone="Asia/Kolkata",
        source=SOURCE,
    ),
)
