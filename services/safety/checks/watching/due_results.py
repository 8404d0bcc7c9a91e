"""When a result is due that a row wants while a drug is used in the house.

For a drug that was begun before the stay, the house answers from the stay's begin on: what was measured
elsewhere before is not known, so neither the first value nor one at the start can be missed here.
"""

from datetime import datetime

from services.safety.checks.patient.last_result import LastResult
from services.safety.checks.use.in_use_since import Use
from services.safety.checks.wards.stay import Stay
from services.safety.knowledge.kinds.monitoring import Monitoring


def due_at(row: Monitoring, use: Use, where: Stay, last: LastResult) -> datetime | None:
    """The instant from which the next result is overdue; None where none is wanted any more."""
    here = not use.longer and (where.presumed or use.start >= where.start)
    since = use.start if here or where.presumed else where.start
    due: list[datetime] = []
    if here and row.before is not None and (last.at is None or last.at < use.start - row.before):
        due.append(use.start)
    if last.at is not None and last.at >= since:
        due += [last.at + row.every] if row.every is not None else []
    elif last.at is not None and row.every is not None and (not here or row.first_after is None):
        due.append(max(last.at + row.every, since))
    else:
        wanted = [span for span in (row.first_after, row.every) if span is not None]
        due += [since + (wanted[0] if here else min(wanted))] if wanted else []
    return min(due) + row.grace if due else None
