"""Messages at the limits are read in a time that grows with their size, not with its square: these two took
minutes.
"""

from services.intake.hl7v2.message import MOST_SEGMENTS
from services.intake.lines import LARGEST_MESSAGE
from tests.intake.hl7v2_writing import facts, message, refusals, rxa, told


def test_a_message_of_as_many_doses_as_it_may_have_is_read() -> None:
    doses = [rxa(f1=str(number)) for number in range(MOST_SEGMENTS - 10)]
    assert len(told(message("RAS^O17^RAS_O17", "ORC|RE|ORD77", *doses)).readings) == len(doses)


def test_a_text_of_half_a_million_lines_stays_with_its_segment() -> None:
    content = message("RAS^O17^RAS_O17", "ORC|RE|ORD77", rxa(), "NTE|1||text")
    lines = b"x\r" * ((LARGEST_MESSAGE - len(content)) // 2)
    outcome = told(content + lines)
    assert (len(facts(outcome)), refusals(outcome)) == (1, [])
