"""What the sender of a message is told: in original and enhanced mode, in the form of its version."""

from datetime import UTC, datetime

import pytest

from services.intake.hl7v2 import Fault
from services.intake.hl7v2.charset import charset_of
from services.intake.mllp.acknowledging import acknowledgements
from services.intake.mllp.verdict import NOT_STORED, Verdict, verdict_of
from tests.intake.hl7v2_writing import message, rxa, told

AT = datetime(2026, 3, 1, 7, 6, tzinfo=UTC)
GOOD = message("RAS^O17^RAS_O17", "ORC|RE|ORD77", rxa())
BAD_DOSE = message("RAS^O17^RAS_O17", "ORC|RE|ORD77", rxa(), rxa(f3="nonsense", f1="2"))
ORIGINAL = r"MSH|^~\&|MAR|WEST|DW|HERE|20260301080512+0100||{kind}|C1|P|{version}"


def original(version: str, *segments: str, kind: str = "RAS^O17^RAS_O17") -> bytes:
    return message(kind, *segments, msh=ORIGINAL.replace("{version}", version))


def answers(content: bytes, verdict: Verdict | None = None) -> list[list[list[str]]]:
    """The answers to a message, each as segments of fields."""
    outcome = told(content)
    said = verdict or verdict_of(outcome)
    sent = acknowledgements(outcome.header, charset_of(content), said, AT)
    return [[line.split("|") for line in one.decode().removesuffix("\r").split("\r")] for one in sent]


def codes(content: bytes, verdict: Verdict | None = None) -> list[str]:
    return [msa[1] for _, msa, *_ in answers(content, verdict)]


def enhanced(accept: str, application: str, *segments: str, kind: str = "RAS^O17^RAS_O17") -> bytes:
    msh = f"{ORIGINAL.replace('{version}', '2.5.1')}|||{accept}|{application}"
    return message(kind, *segments, msh=msh)


def test_a_message_that_was_taken_is_answered_with_its_own_id_and_sides_turned_round() -> None:
    ((msh, msa),) = answers(original("2.5.1", "ORC|RE|ORD77", rxa()))
    assert msh[1:9] == ["^~\\&", "DW", "HERE", "MAR", "WEST", "20260301070600+0000", "", "ACK^O17^ACK"]
    assert msh[10:] == ["P", "2.5.1"]
    assert msa == ["MSA", "AA", "C1"]


def test_each_answer_has_an_id_of_its_own_that_every_version_can_hold() -> None:
    ids = [answers(GOOD)[0][0][9] for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(0 < len(name) <= 20 and name != "C1" for name in ids)


@pytest.mark.parametrize(
    ("version", "kind"), [("2.3", "ACK^O17"), ("2.3.1", "ACK^O17^ACK"), ("2.8", "ACK^O17^ACK")]
)
def test_the_type_of_an_answer_has_the_form_of_the_version(version: str, kind: str) -> None:
    ((msh, *_),) = answers(original(version, "ORC|RE|ORD77", rxa()))
    assert (msh[8], msh[11]) == (kind, version)


def test_a_dose_that_cannot_be_read_is_named_with_segment_field_and_code() -> None:
    outcome = told(BAD_DOSE)
    ((_, msa, err),) = answers(original("2.5.1", "ORC|RE|ORD77", rxa(), rxa(f3="nonsense", f1="2")))
    assert msa[1:3] == ["AE", "C1"]
    assert err[2:6] == ["RXA^2^3", "102^Data type error^HL70357", "E", f"{outcome.faults[0].reason}^^L"]
    assert "nonsense" not in "|".join(err)
    assert err[8].startswith("RXA-3")


def test_before_version_2_5_the_place_stands_in_err_1_and_the_words_in_msa_3() -> None:
    ((_, msa, err),) = answers(original("2.4", "ORC|RE|ORD77", rxa(), rxa(f3="nonsense", f1="2")))
    assert msa[1] == "AE"
    assert msa[3].startswith("RXA-3")
    assert err == ["ERR", "RXA^2^3^102&Data type error&HL70357"]


def test_a_message_of_no_concern_is_taken_with_a_notice() -> None:
    ((_, msa, err),) = answers(original("2.5.1", "ORC|RE|1", "RXD|1", kind="RDS^O13^RDS_O13"))
    assert (msa[1], err[4], err[5]) == ("AA", "I", "dispense^^L")
    ((_, old),) = answers(original("2.3", "ORC|RE|1", "RXD|1", kind="RDS^O13"))
    assert old[:4] == ["MSA", "AA", "C1", "understood and of no concern here: dispense"]


@pytest.mark.parametrize(
    ("kind", "version", "code"),
    [("SIU^S12^SIU_S12", "2.5", "200"), ("ADT^A99", "2.5", "201"), ("RAS^O17^RAS_O17", "2.1", "203")],
)
def test_what_is_not_read_here_is_refused_as_a_whole(kind: str, version: str, code: str) -> None:
    ((_, msa, err),) = answers(original(version, "ORC|RE|ORD77", rxa(), kind=kind))
    assert msa[1] == "AR"
    assert code in "|".join(err)


@pytest.mark.parametrize("content", [b"", b"hello", b"MSH|", b"MSH|^~\\&|\xff\xfe|", b"\x00" * 40])
def test_what_is_no_message_is_refused_with_what_is_readable(content: bytes) -> None:
    outcome = told(content)
    sent = acknowledgements(outcome.header, charset_of(b""), verdict_of(outcome), AT)
    msh, msa, *_ = sent[0].split(b"\r")
    assert msh.startswith(b"MSH|^~\\&|")
    assert msa.startswith(b"MSA|AR")


@pytest.mark.parametrize(
    ("accept", "application", "good", "bad", "unsupported", "not_stored"),
    [
        ("AL", "NE", ["CA"], ["CE"], ["CR"], ["CR"]),
        ("NE", "AL", ["AA"], ["AE"], ["AR"], ["AR"]),
        ("AL", "AL", ["CA", "AA"], ["CA", "AE"], ["CR"], ["CR"]),
        ("AL", "ER", ["CA"], ["CA", "AE"], ["CR"], ["CR"]),
        ("AL", "SU", ["CA", "AA"], ["CE"], ["CR"], ["CR"]),
        ("ER", "NE", [], ["CE"], ["CR"], ["CR"]),
        ("ER", "AL", ["AA"], ["AE"], ["CR"], ["CR"]),
        ("SU", "NE", ["CA"], [], [], []),
        ("NE", "NE", [], [], [], []),
        ("", "AL", ["AA"], ["AE"], ["AR"], ["AR"]),
        ("AL", "", ["CA"], ["CE"], ["CR"], ["CR"]),
        ("??", "", ["CA"], ["CE"], ["CR"], ["CR"]),
    ],
)
def test_enhanced_mode_answers_what_was_asked_for(
    accept: str,
    application: str,
    good: list[str],
    bad: list[str],
    unsupported: list[str],
    not_stored: list[str],
) -> None:
    order = "ORC|RE|ORD77"
    assert codes(enhanced(accept, application, order, rxa())) == good
    assert codes(enhanced(accept, application, order, rxa(f3="nonsense"))) == bad
    assert codes(enhanced(accept, application, kind="SIU^S12^SIU_S12")) == unsupported
    assert codes(enhanced(accept, application, order, rxa()), NOT_STORED) == not_stored


def test_a_commit_carries_the_faults_only_where_no_other_answer_will() -> None:
    bad = ("ORC|RE|ORD77", rxa(f3="nonsense"))
    assert [len(one) for one in answers(enhanced("AL", "NE", *bad))] == [3]
    assert [len(one) for one in answers(enhanced("AL", "AL", *bad))] == [2, 3]


def test_answers_are_written_with_the_senders_own_separators_and_charset() -> None:
    msh = ORIGINAL.replace("{version}", "2.5||||||8859/1").replace("MAR", "Spö^k")
    usual = message("RAS^O17^RAS_O17", "ORC|RE|ORD77", rxa(), msh=msh).decode()
    content = usual.translate(str.maketrans("|^~\\&", "#:;?!")).encode("latin-1")
    outcome = told(content)
    (sent,) = acknowledgements(outcome.header, charset_of(content), verdict_of(outcome), AT)
    msh, msa, *_ = sent.decode("latin-1").split("\r")
    assert msh.split("#")[1:6] == [":;?!", "DW", "HERE", "Spö:k", "WEST"]
    assert msh.endswith("#8859/1")
    assert msa.startswith("MSA#AA#C1")


def test_separators_in_what_is_echoed_are_escaped_and_control_characters_go() -> None:
    header = told(GOOD).header
    assert header is not None
    fault = Fault("E", "PID", 1, 3, "102", "bad|reason", "a ^ and a | and\ra line")
    (sent,) = acknowledgements(header, charset_of(GOOD), Verdict("AE", (fault,)), AT)[-1:]
    assert sent.count(b"\r") == 3
    assert sent.split(b"\r")[2].endswith(b"a \\S\\ and a \\F\\ and a line")


def test_no_more_than_fifty_faults_are_listed_and_the_rest_is_counted() -> None:
    outcome = told(message("RAS^O17^RAS_O17", "ORC|RE|ORD77", *[rxa(f3="?", f1=str(n)) for n in range(80)]))
    verdict = verdict_of(outcome)
    assert len(verdict.faults) == 51
    assert verdict.faults[-1].detail == "30 further faults are not listed"
