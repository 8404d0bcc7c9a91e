"""Leave of absence: an observation that a leave began or ended, or that one of these was not so.

It is of its visit, and its text is one of `LeaveEvent`. There is no code of a terminology for it.
"""

from enum import StrEnum

from schemas.medications import Coding

LEAVE = Coding(system="dosewarden", code="leave-of-absence", display="Leave of absence")


class LeaveEvent(StrEnum):
    BEGUN = "begun"
    ENDED = "ended"
    NOT_BEGUN = "not begun"
    NOT_ENDED = "not ended"
