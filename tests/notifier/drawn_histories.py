"""What happens to an alert in random histories, mostly as it happens in life."""

from hypothesis import strategies as st

from schemas.alerts import ActionKind, OverrideReason, OverrideScope
from schemas.base import Mode, Severity
from schemas.issues import Transition
from services.notifier.policy.plan import Target
from services.notifier.policy.powers import ACKNOWLEDGE, ALL, SECOND, override_of
from tests.notifier.ward_policy import DOCTOR_PHONE

NEXT = (Target("nurse-7", "smtp"), DOCTOR_PHONE, None)
"""What is asked when a channel is out: one that no step tells, one that several do, nothing."""

steps = st.sampled_from((1, 1, 1, 1, 1, 0, 0, 2, -1))
"""How far a record's revision lies from what is known.

Mostly the next one, now and then a gap or an old one.
"""

transitions = st.sampled_from(
    [Transition.WORSENED] * 3 + [Transition.EASED] * 4 + [Transition.REPUBLISHED] * 2
    + [Transition.RAISED, Transition.MOVED, Transition.RESOLVED, Transition.WITHDRAWN]
)  # fmt: skip
looks = st.fixed_dictionaries(
    {
        "severity": st.sampled_from(
            (Severity.MAJOR, Severity.MODERATE, Severity.CONTRAINDICATED, Severity.MINOR)
        ),
        "covered_by": st.sampled_from((None, None, None, "another-issue")),
        "ward": st.sampled_from(("Neurology 2", "Neurology 2", "Surgery 1", "")),
        "mode": st.sampled_from((Mode.LIVE, Mode.LIVE, Mode.LIVE, Mode.BACKFILL)),
    }
)
receipts = st.sampled_from(("delivered", "delivered", "sent", "failed", "unknown", "queued"))


overrides = st.builds(
    dict,
    reason=st.sampled_from((OverrideReason.WILL_MONITOR, OverrideReason.DOSE_INTENDED)),
    scope=st.sampled_from(OverrideScope),
    lasts_s=st.sampled_from((300, 1_800)),
    second=st.sampled_from((None, "nurse on call", "pharmacist")),
    note=st.just("on purpose"),
)
decisions = st.one_of(
    st.tuples(st.just(ActionKind.ACKNOWLEDGE), st.just({})),
    st.tuples(st.sampled_from((ActionKind.UNACKNOWLEDGE, ActionKind.DECLINE)), st.just({})),
    st.tuples(st.just(ActionKind.OVERRIDE), overrides),
    st.tuples(
        st.just(ActionKind.HAND_OVER), st.builds(dict, to=st.sampled_from(("doctor-2", "nurse on call")))
    ),
)
people = st.sampled_from(("nurse on call", "doctor-2", "nurse-7"))
_EVERYTHING = tuple(sorted(ALL))
powers = st.sampled_from(
    (
        None,
        {
            "nurse on call": _EVERYTHING,
            "doctor-2": _EVERYTHING,
            "nurse-7": (ACKNOWLEDGE,),
            "pharmacist": (SECOND,),
        },
        {"nurse on call": (ACKNOWLEDGE,), "doctor-2": (ACKNOWLEDGE, override_of(2), override_of(3))},
        {"doctor-2": (ACKNOWLEDGE, SECOND, override_of(1))},
    )
)
"""Who may answer: anybody, two who may do everything, two with roles, one."""

_waits = st.tuples(st.just("waits"), st.sampled_from((0, 1, 5, 6, 11, 16, 200)))
_tells = st.tuples(st.just("tells"), receipts)
_answers = st.tuples(st.just("answers"), people, decisions)
_says = st.tuples(
    st.just("says"),
    st.sampled_from((Transition.WORSENED, Transition.EASED, Transition.RESOLVED, Transition.WITHDRAWN)),
    st.sampled_from((0, 0, 2)),
)
_shares = (_answers, _tells, _waits, st.just(("asks",)), _answers, _tells, _waits, _says)
shifts = st.lists(st.sampled_from(range(len(_shares))).flatmap(_shares.__getitem__), min_size=6, max_size=16)
"""What happens in one go: a finding is told, waits, is answered, and goes on."""
