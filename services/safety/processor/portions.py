"""Going through the patients of a partition a portion at a time, however heavy they are.

Restoring a patient or judging one again takes time in proportion to the facts that are known of them; a
portion counted in patients alone could outlast a lease.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

from services.safety.processor.contract import Core
from services.safety.processor.partition_state import PartitionState


def portion(
    core: Core[Any, Any], part: PartitionState[Any], left: deque[bytes], *, patients: int, facts: int
) -> Iterator[tuple[bytes, Any]]:
    """Take patients out of `left`, with their states, until there are `patients` of them or their facts come
    to `facts`; the last one may pass that.
    """
    while left and patients > 0 and facts > 0:
        patient = left.popleft()
        state = part.state(patient, core)
        if state is not None:
            patients -= 1
            facts -= core.weight(state)
            yield patient, state
