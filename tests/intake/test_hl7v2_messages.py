"""HL7 messages taken apart: line ends, separators, escapes, character sets, headers, limits."""

import hl7
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.hl7v2.message import MOST_REPETITIONS, MOST_SEGMENTS, Field, Message, parse
from services.intake.lines import LARGEST_MESSAGE
from services.intake.reading import Unreadable
from tests.intake.hl7v2_writing import PID, message, rxa, told

START = r"MSH|^~\&|MAR|WEST|DW|DW|20260301080512||RAS^O17|C1|P|2.5.1"


def parsed(*segments: str, start: str = START, end: str = "\r") -> Message:
    return parse(end.join((start, *segments, "")).encode())


def note(written: str) -> str:
    found = parsed(f"NTE|1||{written}").first("NTE")
    assert found is not None
    return found.field(3).whole


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_end_as_the_sender_likes(end: str) -> None:
    assert [item.name for item in parsed(PID, rxa(), end=end).segments] == ["MSH", "PID", "RXA"]


def test_a_byte_order_mark_is_no_part_of_the_message() -> None:
    assert parse(b"\xef\xbb\xbf" + message("RAS^O17", rxa())).header.control_id == "C1"


def test_a_line_end_within_a_text_does_not_cut_the_segment() -> None:
    found = parsed("OBX|1|ST|N^Note||first line\nsecond line||||||F").first("OBX")
    assert found is not None
    assert (found.field(5).whole, found.text(11)) == ("first line\nsecond line", "F")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"one\.br\two", "one\ntwo"),
        ("\\X41\\\\X4243\\", "ABC"),
        (r"\XC3BC\ and \XFC\ are both u with two dots", "ü and ü are both u with two dots"),
        (r"\H\loud\N\ voice", "loud voice"),
        (
            r"C:\temp\ stays, as does \Zlocal\ and a lone \ ",
            "C:\\temp\\ stays, as does \\Zlocal\\ and a lone \\",
        ),
        (r"\XZZ\ is no hex", r"\XZZ\ is no hex"),
        ('""', ""),
    ],
)
def test_escapes_stand_for_what_they_mean(written: str, meant: str) -> None:
    assert note(written) == meant


def test_a_sender_may_choose_its_own_separators() -> None:
    found = parse(b"MSH#*!?%#MAR#WEST###20260301##RAS*O17#C1#P#2.5\rPID###47?F?11*A%B***MR!other#\r")
    pid = found.first("PID")
    assert pid is not None
    assert (found.header.message_type, found.header.trigger) == ("RAS", "O17")
    assert [item.text(1) for item in pid.repetitions(3)] == ["47#11", "other"]
    assert (pid.field(3).text(2, 1), pid.field(3).text(2, 2)) == ("A", "B")


@pytest.mark.parametrize(
    "start", [r"MSH|^~\\&|MAR", "MSH|^~|MAR", "MSHA^~\\&AMAR", "MSH|^^~&|MAR", "MSH||", "MSH", "MSH|^~\\|&|x"]
)
def test_separators_that_cannot_be_told_apart_are_refused(start: str) -> None:
    with pytest.raises(Unreadable, match="bad-separators"):
        parse(start.encode())


def test_version_2_7_may_name_a_truncation_character() -> None:
    assert parse(b"MSH|^~\\&#|MAR\rPID|1").header.separators.encoding == "^~\\&"


@pytest.mark.parametrize(
    ("named", "encoding"),
    [
        ("", "utf-8"),
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859_15"),
    ],
)
def test_msh_18_names_the_character_set(named: str, encoding: str) -> None:
    text = f"{START}||||||{named}\rPID|1||4711||Müller\r"
    pid = parse(text.encode(encoding)).first("PID")
    assert pid is not None
    assert pid.text(5) == "Müller"


@pytest.mark.parametrize(
    ("named", "name", "reason"),
    [
        ("", b"M\xfcller", "bad-charset"),
        ("UTF-8", b"M\xfc", "bad-charset"),
        ("GB 18030", b"M", "unknown-charset"),
        ("8859/12", b"M", "unknown-charset"),
    ],
)
def test_bytes_that_no_named_character_set_explains_are_refused(named: str, name: bytes, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        parse(f"{START}||||||{named}\rPID|1||4711||".encode() + name)


@pytest.mark.parametrize(
    ("msh_9", "kind", "event", "structure"),
    [
        ("RAS^O17^RAS_O17", "RAS", "O17", "RAS_O17"),
        ("RAS^O17", "RAS", "O17", "RAS_O17"),
        ("RDE^^RDE_O11", "RDE", "O11", "RDE_O11"),
        ("ADT", "ADT", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_missing_part_of_msh_9_is_derived(msh_9: str, kind: str, event: str, structure: str) -> None:
    header = parse(START.replace("RAS^O17", msh_9).encode()).header
    assert (header.message_type, header.trigger, header.structure) == (kind, event, structure)


def test_the_header_has_what_an_acknowledgement_needs() -> None:
    start = r"MSH|^~\&|MAR^1.2^ISO|WEST|DW|EAST|20260301080512+0100||RAS^O17|C1|P^T|2.5.1|||AL|NE"
    header = parse(start.encode()).header
    assert (header.sending_application, header.sending_facility) == ("MAR^1.2^ISO", "WEST")
    assert (header.receiving_application, header.receiving_facility) == ("DW", "EAST")
    assert (header.control_id, header.processing_id, header.version) == ("C1", "P", "2.5.1")
    assert (header.accept_ack, header.application_ack) == ("AL", "NE")


@pytest.mark.parametrize(
    "content",
    [
        START.encode() + b"\rPID|1||" + b"x" * LARGEST_MESSAGE,
        START.encode() + b"\rNTE|1" * (MOST_SEGMENTS + 1),
    ],
)
def test_too_much_is_refused_and_can_still_be_answered(content: bytes) -> None:
    outcome = told(content)
    assert [item.reason for item in outcome.faults] == ["too-large"]
    assert outcome.header is not None
    assert outcome.header.control_id == "C1"


def test_a_field_repeated_without_end_costs_its_part_only() -> None:
    outcome = told(message("RAS^O17", rxa(f9="~" * (MOST_REPETITIONS + 1) + "^x"), rxa(f2="2")))
    assert [item.reason for item in outcome.faults] == ["too-large"]
    assert len(outcome.readings) == 2


def test_two_messages_run_together_are_not_taken_for_one() -> None:
    assert [item.reason for item in told(message("RAS^O17", rxa()) * 2).faults] == ["not-hl7"]


TEXT = st.text(st.sampled_from("abcXYZ 019.,-ü/"), max_size=8)
COMPONENTS = st.lists(TEXT, min_size=1, max_size=4).map("^".join)
FIELDS = st.lists(st.lists(COMPONENTS, min_size=1, max_size=3).map("~".join), max_size=8)


@settings(max_examples=60)
@given(FIELDS)
def test_components_lie_where_the_hl7_package_finds_them(written: list[str]) -> None:
    text = "\r".join((START, "|".join(["OBX", *written]), ""))
    theirs, ours = hl7.parse(text), parse(text.encode()).first("OBX")
    assert ours is not None
    for number, field in enumerate(written, 1):
        for repetition, item in enumerate(field.split("~"), 1):
            for component in range(1, len(item.split("^")) + 1):
                expected = theirs.extract_field("OBX", 1, number, repetition, component)
                found = Field(ours.fields[number].split("~")[repetition - 1], ours.signs).text(component)
                assert found == (expected or "").strip()
