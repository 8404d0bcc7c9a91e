"""Messages at the limits are read in a time that grows with their size, not with its square: these two took
minutes, and one whose order was long became 170 MB of rejections.
"""

import base64

from services.intake.hl7v2 import Outcome
from services.intake.hl7v2.message import MOST_REPETITIONS, MOST_SEGMENTS
from services.intake.hl7v2.separators import Separators, unescaped
from services.intake.lines import LARGEST_MESSAGE
from services.intake.reading import Rejected
from tests.intake.hl7v2_writing import facts, message, rde, refusals, rxa, rxe, told

UNDATED = [rxa(f3=f"no time {number}") for number in range(MOST_SEGMENTS - 10)]


def kept(outcome: Outcome) -> list[bytes]:
    """What the rejections of an outcome hold."""
    return [
        base64.b64decode(reading.rejection.content)
        for reading in outcome.readings
        if isinstance(reading, Rejected)
    ]


def test_a_message_of_as_many_doses_as_it_may_have_is_read() -> None:
    doses = [rxa(f1=str(number)) for number in range(MOST_SEGMENTS - 10)]
    assert len(told(message("RAS^O17^RAS_O17", "ORC|RE|ORD77", *doses)).readings) == len(doses)


def test_a_text_of_half_a_million_lines_stays_with_its_segment() -> None:
    content = message("RAS^O17^RAS_O17", "ORC|RE|ORD77", rxa(), "NTE|1||text")
    lines = b"x\r" * ((LARGEST_MESSAGE - len(content)) // 2)
    outcome = told(content + lines)
    assert (len(facts(outcome)), refusals(outcome)) == (1, [])


def test_each_of_many_rejected_doses_can_be_read_again_alone() -> None:
    records = kept(told(message("RAS^O17^RAS_O17", "ORC|RE|ORD77", *UNDATED)))
    assert len(records) == len(UNDATED)
    assert {len(told(record).readings) for record in records[::100]} == {1}
    assert all(record.startswith(b"MSH") and b"ORD77" in record for record in records)


def test_an_order_of_half_the_message_is_not_copied_with_each_of_its_rejected_doses() -> None:
    content = message("RAS^O17^RAS_O17", f"ORC|RE|ORD77|||||||||||{'x' * 500_000}", *UNDATED)
    outcome = told(content)
    lengths = [item.rejection.length for item in outcome.readings if isinstance(item, Rejected)]
    assert len(lengths) == len(UNDATED)
    assert sum(lengths) < len(content) + 3 * LARGEST_MESSAGE
    assert all(dose.encode() in record for dose, record in zip(UNDATED[10:], kept(outcome)[10:], strict=True))


def test_a_long_text_of_the_order_is_unescaped_once_for_all_its_doses() -> None:
    number = "\\X41\\" * 50_000
    outcome = told(message("RAS^O17^RAS_O17", f"ORC|RE|{number}", *UNDATED))
    assert len(refusals(outcome)) == len(UNDATED)
    assert unescaped(number, Separators()) is unescaped(number, Separators())


def test_an_order_of_more_timings_than_anybody_prescribes_is_refused() -> None:
    every = "TQ1|1||BID"
    assert refusals(rde(rxe(), *[every] * MOST_REPETITIONS)) == []
    assert refusals(rde(rxe(), *[every] * (MOST_REPETITIONS + 1))) == [("too-large", "TQ1", 3, "207")]
    assert refusals(rde(rxe(), "TQ1|1||" + "BID~" * 400, "TQ1|1||" + "BID~" * 400)) == [
        ("too-large", "TQ1", 3, "207")
    ]
